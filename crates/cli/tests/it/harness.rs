//! What the tests share: a server, members, and their devices.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::LazyLock;

use serde_json::{Value as Json, json};
use tempfile::TempDir;
use uuid::Uuid;

pub(crate) const PASSWORD: &str = "correct horse";

/// The server, as the program that people run, with a PostgreSQL of its own. Its end is this process's end.
static SERVER: LazyLock<String> = LazyLock::new(|| {
    let root = std::env::temp_dir().join(format!("tern-cli-{}", Uuid::now_v7().simple()));
    std::fs::create_dir(&root).unwrap();
    // PostgreSQL may run as another user, who must get to its data.
    std::fs::set_permissions(&root, std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::create_dir(root.join("dist")).unwrap();
    std::fs::write(root.join("dist/index.html"), "<html></html>").unwrap();
    let mut server = Command::new(server_program())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("PORT", "0")
        .env("TERN_DATA_DIR", root.join("data"))
        .env("TERN_DIST", root.join("dist"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(std::fs::File::create(root.join("log")).unwrap())
        .process_group(0)
        .spawn()
        .unwrap();
    watch(server.id(), &root);
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
    // It ends after this process does.
    std::mem::forget(server);
    let log = || std::fs::read_to_string(root.join("log")).unwrap();
    line.trim().strip_prefix("Tern serves at ").unwrap_or_else(|| panic!("{}", log())).to_owned()
});

/// Built beside `tern`, whenever the workspace is tested or built.
fn server_program() -> PathBuf {
    let program = Path::new(env!("CARGO_BIN_EXE_tern")).with_file_name("tern-server");
    assert!(program.exists(), "{} is missing: run `cargo build --package tern-server` first", program.display());
    program
}

/// Stops the server when this process ends, in whatever way: the shell's input ends with it.
fn watch(pid: u32, root: &Path) {
    let script = "read -r _; kill -TERM $0; while kill -0 $0; do sleep 0.1; done; rm -rf \"$1\"";
    let mut command = Command::new("sh");
    command.args(["-c", script, &pid.to_string()]).arg(root);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    std::mem::forget(command.spawn().unwrap());
}

pub(crate) fn server() -> &'static str {
    &SERVER
}

/// A request, as a browser or a script makes it.
pub(crate) fn http(method: &str, path: &str, token: Option<&str>, body: Option<&Json>) -> (u16, Json) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut request = client.request(method.parse().unwrap(), format!("{}{path}", server()));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap_or(Json::Null))
    })
}

/// A person with an account.
pub(crate) struct Person {
    pub(crate) email: String,
    /// Of the device that registered, which is none of the terminals.
    pub(crate) access: String,
}

impl Person {
    /// Founds an organization.
    pub(crate) fn found() -> Self {
        Self::register(json!({ "organization": "Saltmarsh" }), "Ines Okafor")
    }

    /// Somebody else in the same organization.
    pub(crate) fn invite(&self, name: &str) -> Self {
        let (status, invitation) = http("POST", "/api/invitations", Some(&self.access), None);
        assert_eq!(status, 201, "{invitation}");
        Self::register(json!({ "invitation": invitation["token"] }), name)
    }

    fn register(mut body: Json, name: &str) -> Self {
        let first = name.split(' ').next().unwrap().to_lowercase();
        let email = format!("{first}@{}.example", Uuid::now_v7().simple());
        body["name"] = json!(name);
        body["email"] = json!(email);
        body["password"] = json!(PASSWORD);
        body["device"] = json!({ "id": Uuid::now_v7(), "name": "browser" });
        let (status, session) = http("POST", "/api/auth/register", None, Some(&body));
        assert_eq!(status, 201, "{session}");
        Self { email, access: session["access_token"].as_str().unwrap().to_owned() }
    }

    /// Signs in on a terminal.
    pub(crate) fn device(&self) -> Terminal {
        let terminal = Terminal::new();
        let ran = terminal.login(&self.email, PASSWORD);
        assert_eq!(ran.code, 0, "{ran:?}");
        terminal
    }
}

/// A device: a directory, and everything that is run on it.
pub(crate) struct Terminal {
    pub(crate) home: TempDir,
}

/// How a command ended.
#[derive(Clone, Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
    }
}

impl Terminal {
    pub(crate) fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tern"));
        command.env_clear().env("TERN_HOME", self.home.path()).env("TZ", "UTC").args(args);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn start(&self, args: &[&str]) -> Child {
        self.command(args).spawn().unwrap()
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        self.start(args).wait_with_output().unwrap().into()
    }

    /// With something on the standard input.
    pub(crate) fn run_with(&self, args: &[&str], input: &str) -> Ran {
        let mut child = self.command(args).stdin(Stdio::piped()).spawn().unwrap();
        // Whoever reads none of it has ended already.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        child.wait_with_output().unwrap().into()
    }

    pub(crate) fn login(&self, email: &str, password: &str) -> Ran {
        let args = ["login", server(), "--email", email, "--password-stdin"];
        self.run_with(&args, &format!("{password}\n"))
    }

    /// What a command prints that succeeds.
    pub(crate) fn ok(&self, args: &[&str]) -> String {
        let ran = self.run(args);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{args:?}: {ran:?}");
        ran.out
    }

    /// The same as JSON.
    pub(crate) fn json(&self, args: &[&str]) -> Json {
        let args: Vec<&str> = [&["--json"], args].concat();
        serde_json::from_str(&self.ok(&args)).unwrap()
    }

    /// A command that fails with this code: what it says.
    pub(crate) fn fails(&self, code: i32, args: &[&str]) -> String {
        let ran = self.run(args);
        assert_eq!(ran.code, code, "{args:?}: {ran:?}");
        assert!(ran.err.starts_with("tern: ") || code == 2, "{ran:?}");
        ran.err
    }

    /// The titles of a list, in alphabetical order.
    pub(crate) fn titles(&self, args: &[&str]) -> Vec<String> {
        let list = self.json(&[&["list", "--all"], args].concat());
        let mut titles: Vec<String> =
            list.as_array().unwrap().iter().map(|task| task["title"].as_str().unwrap().to_owned()).collect();
        titles.sort_unstable();
        titles
    }

    /// Makes a task, and says its key.
    pub(crate) fn add(&self, line: &str) -> String {
        let task = self.json(&["add", line]);
        assert_eq!(task["mark"], "synced", "{task}");
        task["key"].as_str().unwrap().to_owned()
    }

    pub(crate) fn session(&self) -> Json {
        serde_json::from_slice(&std::fs::read(self.home.path().join("session.json")).unwrap()).unwrap()
    }

    /// Changes what is kept of the session.
    pub(crate) fn change_session(&self, change: impl FnOnce(&mut Json)) {
        let mut session = self.session();
        change(&mut session);
        std::fs::write(self.home.path().join("session.json"), session.to_string()).unwrap();
    }

    /// Another device with the same past, as a copied directory is.
    pub(crate) fn copy(&self) -> Self {
        let copy = Self::new();
        for file in std::fs::read_dir(self.home.path()).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), copy.home.path().join(file.file_name())).unwrap();
        }
        copy
    }
}
