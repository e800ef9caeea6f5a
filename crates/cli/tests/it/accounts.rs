//! Signing in, staying signed in, signing out.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;

use crate::harness::{PASSWORD, Person, Terminal, server};

#[test]
fn who_is_not_signed_in_is_told_so() {
    let terminal = Terminal::new();
    for args in [&["list"][..], &["add", "Mend the net"], &["sync"], &["status"], &["logout"]] {
        assert!(terminal.fails(3, args).contains("tern login"));
    }
    let ran = terminal.run(&["--json", "list"]);
    let error: serde_json::Value = serde_json::from_str(&ran.err).unwrap();
    assert_eq!((ran.code, &error["error"]["code"]), (3, &json!("signed_out")));
}

#[test]
fn a_wrong_password_an_unknown_server_and_bad_arguments_have_codes() {
    let (ines, terminal) = (Person::found(), Terminal::new());
    let wrong = terminal.login(&ines.email, "wrong horse battery");
    assert_eq!(wrong.code, 3, "{wrong:?}");
    let login =
        |server: &str| terminal.run_with(&["login", server, "--email", &ines.email, "--password-stdin"], PASSWORD).code;
    assert_eq!(login("http://127.0.0.1:1"), 6);
    assert_eq!(login("http://tern.example"), 2, "a password does not leave this machine unencrypted");
    assert_eq!(login("tern.example"), 2);
    assert_eq!(terminal.run(&["login", server()]).code, 2, "there is nobody to ask");
    assert_eq!(terminal.run(&["listen"]).code, 2);
    assert_eq!(terminal.run(&["edit", "HAR-1", "--status", "doing"]).code, 2);
}

#[test]
fn only_the_owner_can_read_what_is_kept() {
    let ines = Person::found();
    let outer = Terminal::new();
    let home = outer.home.path().join("data/tern");
    let mut login = outer.command(&["login", server(), "--email", &ines.email, "--password-stdin"]);
    let mut child = login.env("TERN_HOME", &home).stdin(std::process::Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), PASSWORD.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&home), 0o700);
    let files: Vec<_> = std::fs::read_dir(&home).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(files.len() > 2 && files.iter().all(|file| mode(file) == 0o600), "{files:?}");
}

#[test]
fn a_session_goes_on_by_itself() {
    let terminal = Person::found().device();
    let before = terminal.session();
    terminal.change_session(|session| session["tokens"]["until"] = json!(0));
    terminal.ok(&["sync"]);
    let after = terminal.session();
    assert_ne!(before["tokens"]["refresh"], after["tokens"]["refresh"], "each refresh token is used once");
    // An access token that only the server knows to be over.
    terminal.change_session(|session| session["tokens"]["access"] = json!("none"));
    terminal.ok(&["sync"]);
    assert_ne!(after["tokens"]["refresh"], terminal.session()["tokens"]["refresh"]);
}

#[test]
fn two_processes_that_renew_at_once_do_not_sign_each_other_out() {
    let terminal = Person::found().device();
    for _ in 0..3 {
        terminal.change_session(|session| session["tokens"]["until"] = json!(0));
        let both: Vec<_> = (0..4).map(|_| terminal.start(&["sync"])).collect();
        for child in both {
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{output:?}");
        }
    }
}

#[test]
fn when_a_session_is_over_work_goes_on_and_is_sent_after_the_next_sign_in() {
    let ines = Person::found();
    let terminal = ines.device();
    terminal.change_session(|session| {
        session["tokens"] = json!({ "refresh": "none", "access": "none", "until": 0 });
    });
    assert!(terminal.ok(&["add", "Mend the net"]).contains("saved on this device"));
    assert!(terminal.fails(3, &["sync"]).contains("Sign in again"));
    assert_eq!(terminal.titles(&[]), ["Mend the net"]);
    assert_eq!(terminal.login(&ines.email, PASSWORD).code, 0);
    assert_eq!(terminal.json(&["status"])["waiting"], 0);
    assert_eq!(ines.device().titles(&[]), ["Mend the net"]);
}

#[test]
fn signing_out_keeps_what_waits_and_clearing_never_drops_it() {
    let ines = Person::found();
    let terminal = ines.device();
    terminal.ok(&["--offline", "add", "Mend the net"]);
    assert!(terminal.fails(5, &["logout", "--clear"]).contains("1 changes wait"));
    let old = terminal.session()["tokens"].clone();
    assert!(terminal.ok(&["logout"]).contains("Changes that wait here, and go on when you sign in again: 1."));
    assert_eq!(terminal.session()["tokens"], json!(null));
    assert_eq!(terminal.run(&["list"]).code, 3);
    assert_eq!(terminal.login(&ines.email, PASSWORD).code, 0);
    assert_eq!(terminal.json(&["list"])[0]["mark"], "synced");
    // The session from before has ended on the server, too.
    let signed_in = terminal.copy();
    signed_in.change_session(|session| {
        session["tokens"] = old;
        session["tokens"]["until"] = json!(0);
    });
    assert_eq!(signed_in.run(&["sync"]).code, 3);

    terminal.ok(&["logout", "--clear"]);
    let left: Vec<_> = std::fs::read_dir(terminal.home.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains(".sqlite")), "{left:?}");
}

#[test]
fn two_people_on_one_device_see_nothing_of_each_other() {
    let ines = Person::found();
    let ada = ines.invite("Ada Lindqvist");
    let terminal = ines.device();
    terminal.ok(&["--offline", "add", "Of Ines alone"]);
    assert_eq!(terminal.login(&ada.email, PASSWORD).code, 0);
    assert_eq!(terminal.titles(&[]), [""; 0]);
    terminal.ok(&["add", "Of Ada"]);
    terminal.ok(&["sync"]);
    assert_eq!(terminal.login(&ines.email, PASSWORD).code, 0);
    assert_eq!(terminal.titles(&[]), ["Of Ada", "Of Ines alone"]);
}
