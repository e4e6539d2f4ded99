//! An authorised request, made of attempts:
//!
//! 1. the token ([`super::token`]), renewed when it nears its end or was refused;
//! 2. the attempt ([`super::attempt`]), with its log line;
//! 3. the response ([`super::response`]), or the error that says what is known;
//! 4. the decision ([`super::retry`]): again after a while, again with a new token, or up to the
//!    caller.

use std::sync::Arc;

use reqwest::header::AUTHORIZATION;

use super::Limits;
use super::attempt::Transport;
use super::error::Error;
use super::response::{Request, Response};
use super::retry::Decision;
use super::token::{Bearer, Tokens};

/// Sends an authorised request: with repetitions, and with one renewal of the token if it is
/// refused.
pub(super) async fn call(
    transport: &Transport,
    tokens: &Tokens,
    mut request: Request,
    limits: &Limits,
) -> Result<Response, Error> {
    let mut attempts = 0;
    let mut retries = 0;
    let mut refused: Option<Arc<Bearer>> = None;
    let mut earlier: Option<Error> = None;
    let base = std::mem::take(&mut request.scrubber);
    loop {
        let bearer = tokens.bearer(transport, refused.as_ref(), limits).await;
        let bearer = bearer.map_err(|error| error.after(earlier.as_ref()))?;
        request.headers.insert(AUTHORIZATION, bearer.header.clone());
        request.scrubber = base.clone();
        request.scrubber.0.push(bearer.token.clone());

        attempts += 1;
        let mut error = match transport.attempt(&request, attempts, limits).await {
            Ok(response) => return Ok(response),
            Err(error) => error.after(earlier.as_ref()),
        };
        error.0.fetched_token = tokens.can_renew();
        let renewable = tokens.can_renew() && refused.is_none();
        match transport.decide(&error, request.call, retries, renewable, limits) {
            Decision::Stop => return Err(error),
            Decision::Renew => refused = Some(bearer),
            Decision::Retry(wait) => {
                retries += 1;
                transport.pause(wait, &error, limits).await?;
            }
        }
        earlier = Some(error);
    }
}
