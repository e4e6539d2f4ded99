//! The unix socket.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use nix::unistd::{Gid, Group, Uid};
use tempfile::TempDir;
use tokio::net::{UnixListener, UnixStream};

use super::Access;

/// The name of the socket in its directory: short, because the whole path has to fit into 104
/// bytes.
const NAME: &str = "s";
/// Room for the path of a socket, with a reserve: macOS has 104 bytes, Linux 108.
const LONGEST_PATH: usize = 100;

/// A socket that only this user can reach. Its directory goes away with it.
#[derive(Debug)]
pub(crate) struct Endpoint {
    listener: UnixListener,
    path: PathBuf,
    /// Others than this user may connect, as the environment asked.
    shared: bool,
    _directory: TempDir,
}

impl Endpoint {
    /// Opens the socket where `PLUGIN_UNIX_SOCKET_DIR` says, for the group in
    /// `PLUGIN_UNIX_SOCKET_GROUP` if one is set. `_access`: only a TCP socket has to know.
    pub(crate) fn open(
        variable: impl Fn(&str) -> Option<String>,
        _access: Access,
    ) -> anyhow::Result<Self> {
        let folder = |name: &str| variable(name).filter(|directory| !directory.is_empty());
        let asked = folder("PLUGIN_UNIX_SOCKET_DIR");
        let wanted = asked.clone().or_else(|| folder("TMPDIR"));
        let wanted = wanted.map_or_else(std::env::temp_dir, PathBuf::from);
        let group = variable("PLUGIN_UNIX_SOCKET_GROUP")
            .filter(|group| !group.is_empty())
            .map(|name| gid(&name))
            .transpose()?;
        let fallback = PathBuf::from("/tmp");
        let base = match (fits(&wanted), &asked) {
            (true, _) => wanted,
            // Who asked for a folder may see no other.
            (false, Some(_)) => bail!(
                "PLUGIN_UNIX_SOCKET_DIR names a folder in which no socket can be: {} is too long, \
                 or has one of | ' \" \\ in it. Name a shorter one",
                wanted.display()
            ),
            (false, None) => fallback.clone(),
        };
        Self::bind(&base, group)
            // A TMPDIR that is not there, or not writable, is not worth a failure that no CLI can
            // show; a folder that was asked for may be the only one that the CLI sees.
            .or_else(
                |error| if asked.is_none() { Self::bind(&fallback, group) } else { Err(error) },
            )
            .with_context(|| format!("the socket cannot be opened in {}", base.display()))
    }

    fn bind(base: &Path, group: Option<Gid>) -> io::Result<Self> {
        // Without a mode of its own the directory would get the umask's.
        let directory = tempfile::Builder::new()
            .prefix("plugin")
            .permissions(std::fs::Permissions::from_mode(0o700))
            .tempdir_in(base)?;
        let path = directory.path().join(NAME);
        let listener = UnixListener::bind(&path)?;
        if let Some(group) = group {
            let gid = Some(group.as_raw());
            std::os::unix::fs::chown(&path, None, gid)?;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o660))?;
            std::os::unix::fs::chown(directory.path(), None, gid)?;
            // The group may pass, not look around or put something in the socket's place.
            std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o710))?;
        }
        Ok(Self { listener, path, shared: group.is_some(), _directory: directory })
    }

    /// Network and address for the handshake.
    pub(crate) fn address(&self) -> (&'static str, String) {
        ("unix", self.path.display().to_string())
    }

    /// Waits for a client. `secure`: it will have to prove who it is; otherwise being another user
    /// is enough to be refused, whatever the socket's group.
    pub(crate) async fn accept(&self, secure: bool) -> io::Result<UnixStream> {
        let (stream, _) = self.listener.accept().await?;
        let peer = stream.peer_cred()?.uid();
        if peer == Uid::effective().as_raw() || (self.shared && secure) {
            Ok(stream)
        } else {
            Err(io::Error::other(format!("a client of user {peer} was refused")))
        }
    }
}

/// The path of a socket under `base` is short enough and can be said in the handshake line.
fn fits(base: &Path) -> bool {
    // "/", "plugin", six random characters, "/s"
    let length = base.as_os_str().len() + 15;
    length <= LONGEST_PATH
        && base.to_str().is_some_and(|base| !base.contains(['|', '\n', '\'', '"', '\\']))
}

fn gid(name: &str) -> anyhow::Result<Gid> {
    if let Ok(gid) = name.parse() {
        return Ok(Gid::from_raw(gid));
    }
    match Group::from_name(name) {
        Ok(Some(group)) => Ok(group.gid),
        _ => bail!("PLUGIN_UNIX_SOCKET_GROUP names no group of this machine: {name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Access, Endpoint, fits};
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    #[test]
    fn a_long_or_unspeakable_directory_is_not_used() {
        assert!(fits(Path::new("/tmp")));
        assert!(!fits(Path::new(&format!("/{}", "x".repeat(90)))));
        assert!(!fits(Path::new("/tmp/a|b")));
    }

    #[tokio::test]
    async fn the_directory_is_this_user_s_alone_and_goes_away() {
        let base = tempfile::tempdir().unwrap();
        let variable = |name: &str| {
            (name == "PLUGIN_UNIX_SOCKET_DIR").then(|| base.path().to_str().unwrap().to_owned())
        };
        let endpoint = Endpoint::open(variable, Access::Plaintext).unwrap();
        let (network, path) = endpoint.address();
        assert_eq!(network, "unix");
        let directory = Path::new(&path).parent().unwrap().to_owned();
        assert_eq!(directory.parent(), Some(base.path()));
        assert_eq!(std::fs::metadata(&directory).unwrap().permissions().mode() & 0o777, 0o700);
        drop(endpoint);
        assert!(!directory.exists());
    }

    #[tokio::test]
    async fn a_temporary_folder_that_is_not_there_is_replaced_and_one_that_was_asked_for_is_not() {
        let missing = |wanted: &'static str| {
            move |name: &str| (name == wanted).then(|| "/no/such/folder".to_owned())
        };
        let endpoint = Endpoint::open(missing("TMPDIR"), Access::Plaintext).unwrap();
        assert!(endpoint.address().1.starts_with("/tmp/plugin"));
        let error = Endpoint::open(missing("PLUGIN_UNIX_SOCKET_DIR"), Access::Plaintext);
        assert!(error.unwrap_err().to_string().contains("/no/such/folder"));
        let long = format!("/tmp/{}", "x".repeat(90));
        let of = |name: &'static str| {
            let long = long.clone();
            move |asked: &str| (asked == name).then(|| long.clone())
        };
        assert!(Endpoint::open(of("TMPDIR"), Access::Plaintext).is_ok());
        let error = Endpoint::open(of("PLUGIN_UNIX_SOCKET_DIR"), Access::Plaintext).unwrap_err();
        assert!(error.to_string().contains(&long), "{error}");
    }

    #[tokio::test]
    async fn a_group_may_connect_and_nothing_else() {
        let gid = nix::unistd::Gid::effective().to_string();
        let variable = |name: &str| (name == "PLUGIN_UNIX_SOCKET_GROUP").then(|| gid.clone());
        let endpoint = Endpoint::open(variable, Access::Plaintext).unwrap();
        let path = endpoint.address().1;
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(Path::new(&path)), 0o660);
        assert_eq!(mode(Path::new(&path).parent().unwrap()), 0o710);
        let unknown =
            |name: &str| (name == "PLUGIN_UNIX_SOCKET_GROUP").then(|| "no such group".to_owned());
        assert!(Endpoint::open(unknown, Access::Tls).is_err());
    }
}
