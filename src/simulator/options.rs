//! What a simulator is started with. Where Adobe's pages are silent there is a choice here, and the
//! default is the likeliest guess.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// How the simulated Adobe behaves. Everything but `bind` and `clock` can be changed while it runs:
/// `Control::configure`.
#[derive(Clone, Debug)]
pub struct Options {
    /// The one organisation that exists here; any other one in `x-gw-ims-org-id` is refused with
    /// 403025.
    pub org_id: String,
    /// How responses spell it; as it was sent where this is absent. Whether Adobe leaves
    /// `@AdobeOrg` out is not documented.
    pub echoed_org_id: Option<String>,
    /// Bearer tokens that are good for ever, as if made elsewhere.
    pub tokens: Vec<String>,
    /// OAuth server-to-server credentials, as (client id, client secret).
    pub clients: Vec<(String, String)>,
    /// How long a minted token is good, on the simulator's clock. Adobe's authentication page:
    /// `expires_in` is 86399 seconds.
    pub token_lifetime: Duration,
    /// The statuses a job shows before it ends, and for how long: any, as nobody promises that the
    /// documented ones are all. A stage of no length is never seen.
    pub stages: Vec<(&'static str, Duration)>,
    /// How the jobs of a name end, one after the other; the last one repeats. Without any it is
    /// `COMPLETED`.
    pub outcomes: Vec<&'static str>,
    /// What moves the time.
    pub clock: Clock,
    /// The response to a POST of a name whose configuration has not failed. Undocumented.
    pub resubmit: Resubmit,
    /// The response to a POST of a name whose configuration is `FAILED`. Undocumented.
    pub resubmit_failed: ResubmitFailed,
    /// The response to a GET of a name that was never submitted. Undocumented.
    pub unknown_name: UnknownName,
    /// Whether `keyVersion` is `""` when the submitted key has none; otherwise it is left out, as
    /// Adobe's page says that the version is not stored. Undocumented.
    pub empty_version: bool,
    /// How responses spell the key identifier. Adobe's page says that only vault and key name are
    /// stored, and shows the version.
    pub echo: Echo,
    /// So much later a submission shows in reads. Undocumented.
    pub visible_after: Duration,
    /// Whether names that differ in letter case only are one. Adobe's page says they are not, and
    /// its sample that they are.
    pub folds_names: bool,
    /// Whether a path with an escaped slash in it gets to the service. Undocumented; many gateways
    /// refuse one.
    pub takes_slashes: bool,
    /// Whether a response to a wrong path has the service's shape, not in the gateway's.
    /// Undocumented.
    pub wrong_path_of_service: bool,
    /// Whether responses carry an `x-request-id`, as Adobe's usually do.
    pub request_ids: bool,
    /// The HTTP status of an accepted submission. Undocumented, so a client has to take any 2xx.
    pub accepted_status: u16,
    /// Where to listen; port 0 lets the system choose. Loopback only.
    pub bind: SocketAddr,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            org_id: "1234567890ABCDEF12345678@AdobeOrg".into(),
            echoed_org_id: None,
            tokens: vec!["sim-token".into()],
            clients: vec![("sim-client".into(), "sim-secret".into())],
            token_lifetime: Duration::from_secs(86_399),
            // Long enough that a client sees both, short enough for a test.
            stages: stages(Duration::from_millis(50)),
            outcomes: Vec::new(),
            clock: Clock::default(),
            resubmit: Resubmit::default(),
            resubmit_failed: ResubmitFailed::default(),
            unknown_name: UnknownName::default(),
            empty_version: false,
            echo: Echo::default(),
            visible_after: Duration::ZERO,
            folds_names: false,
            takes_slashes: true,
            wrong_path_of_service: false,
            request_ids: true,
            accepted_status: 200,
            bind: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        }
    }
}

/// What moves the simulator's time, on which jobs advance and minted tokens expire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Clock {
    /// Real time passes; `Control::step` adds to it.
    #[default]
    Automatic,
    /// Only `Control::step` and `Control::step_to` move it.
    Stepped,
}

/// `RUNNING` and `UPDATE_EXISTING_RESOURCES`, each for as long. `NEW` is documented for the POST's
/// response only.
#[must_use]
pub fn stages(length: Duration) -> Vec<(&'static str, Duration)> {
    vec![("RUNNING", length), ("UPDATE_EXISTING_RESOURCES", length)]
}

/// What becomes of a POST whose name belongs to a configuration that has not failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Resubmit {
    /// 409 in a service's error shape.
    #[default]
    Conflict,
    /// 400 in a service's error shape.
    BadRequest,
    /// 200 with what is there already, whichever key was sent: looks like acceptance and is none.
    Existing,
}

/// What becomes of a POST whose name belongs to a `FAILED` configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ResubmitFailed {
    /// Accepted with a new id.
    #[default]
    NewId,
    /// Accepted with a new id, but the status call goes on showing the failed job, old id included,
    /// for this long.
    NewIdAfter(Duration),
    /// Accepted under the id it had.
    SameId,
    /// As [`Options::resubmit`] says: a failed name is a name in use.
    AsInUse,
}

/// The response to a GET of an unknown name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnknownName {
    /// 404, a service's JSON.
    #[default]
    NotFound,
    /// 404, the gateway's JSON: the same as for a wrong path.
    GatewayNotFound,
    /// 204.
    NoContent,
    /// 200 without a body.
    Empty,
    /// 200 with `null`.
    Null,
    /// 400, a service's JSON without an `error_code`.
    BadRequest,
}

/// How a response spells the key identifier that was submitted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Echo {
    /// As it was sent.
    #[default]
    Verbatim,
    /// Without its version.
    Versionless,
    /// In lower case, with the port.
    Normalized,
}
