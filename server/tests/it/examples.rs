//! What docs/api.md shows is what happens: its commands are run as they stand, and its objects are as the document of the
//! API says.

use std::process::Output;

use serde_json::Value as Json;
use tokio::process::Command;

use crate::contract::faults;
use crate::harness::{Server, directory};
use crate::rest::{Program, project};

const API: &str = include_str!("../../../docs/api.md");

/// The blocks of a language.
fn blocks(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    API.split(fence.as_str()).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

/// A request that is refused ends the commands.
const STRICT: &str = "set -euo pipefail; curl() { command curl --noproxy '*' --fail-with-body \"$@\"; }\n";

#[tokio::test]
async fn the_commands_do_what_they_say() {
    let server = Server::start().await;
    let ines = server.register("ines@saltmarsh.example").await;
    let program = Program::of(&ines, "write").await;
    let project = project(&ines).await;
    let task = program.task(&project, "Mend the net").await;
    let here = directory();
    let run = async |commands: &str| -> Output {
        let mut bash = Command::new("bash");
        bash.arg("-c").arg(format!("{STRICT}{commands}")).current_dir(&here);
        bash.env("TERN", &server.url).env("ACCESS_TOKEN", &ines.session.access_token.0).env("TOKEN", &program.token);
        bash.env("PROJECT", project.as_str().unwrap()).env("TASK", task.rsplit('/').next().unwrap());
        bash.output().await.unwrap()
    };
    let commands = blocks("sh");
    assert!(commands.len() >= 3, "{}", commands.len());
    for commands in &commands {
        let done = run(commands).await;
        let (said, wrong) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
        assert!(done.status.success(), "{commands}\n{said}\n{wrong}");
        assert!(!said.is_empty(), "{commands}");
    }
    assert!(!run("curl -s \"$TERN/api/nothing\"").await.status.success(), "a command that is refused is noticed");
    let file = commands.iter().find(|commands| commands.contains("sha256sum")).unwrap();
    assert!(String::from_utf8_lossy(&run(file).await.stdout).ends_with("hello"));
}

#[test]
fn the_objects_are_rows() {
    let objects = blocks("json");
    assert!(!objects.is_empty());
    for object in objects {
        let object: Json = serde_json::from_str(object).unwrap();
        assert_eq!(faults("/components/schemas/Task", &object), None);
    }
}
