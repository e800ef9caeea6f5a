//! `tern login`, `logout` and `status`.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::rc::Rc;

use serde_json::json;
use shared::account::Password;

use crate::args::Login;
use crate::command::Tern;
use crate::device::Device;
use crate::output::Output;
use crate::session::{Session, who};
use crate::trouble::{Outcome, Trouble};
use crate::web;

/// Signs in, and fetches everything.
pub(crate) async fn login(session: Rc<Session>, mut output: Output, asked: Login) -> Outcome<()> {
    let server = match &asked.server {
        Some(server) => web::address(server, asked.insecure)?,
        None => session.server().ok_or_else(|| Trouble::Usage("Say which server: tern login https://….".into()))?,
    };
    let email = match asked.email {
        Some(email) => email,
        None => ask("E-mail address: ")?,
    };
    let password = if asked.password_stdin { line()? } else { secret()? };
    let account = session.login(&server, &email, Password(password), &asked.device).await?;
    let mut device = Device::open(session).await?;
    let synced = device.sync().await;
    let tasks = device.replica().view().tasks.values().filter(|item| !item.value.deleted).count();
    if output.json {
        output.json(&json!({
            "user": account.user, "name": account.name, "email": account.email, "server": server,
            "organization": account.organization, "organization_name": account.organization_name, "tasks": tasks,
        }))?;
    } else {
        let tasks = if tasks == 1 { "1 task is".to_owned() } else { format!("{tasks} tasks are") };
        output.line(&format!(
            "Signed in as {} at {}. {tasks} on this device.",
            account.name, account.organization_name
        ))?;
    }
    output.flush()?;
    // What waits for a choice is no fault of signing in.
    match synced {
        Err(Trouble::Refused(_)) => Ok(()),
        other => other,
    }
}

/// Signs out. What is on this device stays, unless it is to be removed and nothing of it waits.
pub(crate) async fn logout(session: Rc<Session>, mut output: Output, clear: bool) -> Outcome<()> {
    let account = session.account()?;
    let device = Device::open(Rc::clone(&session)).await?;
    let (waiting, refused) = (device.replica().waiting(), device.replica().refused().count());
    if clear && waiting + refused > 0 {
        return Err(Trouble::Refused(format!(
            "{waiting} changes wait to be sent and {refused} were refused: they are nowhere but here. Send them with \
             `tern sync`, or settle them with `tern outbox`."
        )));
    }
    drop(device);
    let heard = session.logout().await?;
    if clear {
        session.home().forget(who(&account))?;
    }
    if output.json {
        output.json(&json!({ "waiting": waiting, "refused": refused, "server_knows": heard }))?;
    } else {
        output.line("Signed out.")?;
        if waiting > 0 {
            output.line(&format!("Changes that wait here, and go on when you sign in again: {waiting}."))?;
        }
        if !heard {
            output.line("The server could not be told; the session ends by itself, or when you sign in here again.")?;
        }
    }
    Ok(output.flush()?)
}

/// Says who is signed in and what this device holds. Asks nobody, so it claims nothing about the server.
pub(crate) fn status(tern: &mut Tern, session: &Session) -> Outcome<()> {
    let replica = tern.device.replica();
    let (waiting, refused) = (replica.waiting(), replica.refused().count());
    let standing = || replica.view().tasks.values().filter(|item| !item.value.deleted);
    let (tasks, conflicts) = (standing().count(), standing().filter(|item| item.value.needs_review()).count());
    let (account, server) = (&tern.device.account, session.server().unwrap_or_default());
    let json = json!({
        "user": account.user, "name": account.name, "email": account.email, "server": server,
        "organization": account.organization, "organization_name": account.organization_name,
        "tasks": tasks, "waiting": waiting, "refused": refused, "conflicts": conflicts,
    });
    let text = format!(
        "{} <{}>, {}, {server}\n{tasks} tasks on this device\n{waiting} changes wait to be sent, {refused} were refused\n\
         {conflicts} tasks need a choice",
        account.name, account.email, account.organization_name
    );
    tern.say(&text, &json)
}

/// Asks whoever sits at the terminal.
fn ask(question: &str) -> Outcome<String> {
    if !std::io::stdin().is_terminal() {
        return Err(Trouble::Usage("Say who signs in: --email you@example.org.".into()));
    }
    let mut out = std::io::stderr().lock();
    write!(out, "{question}")?;
    out.flush()?;
    line()
}

fn secret() -> Outcome<String> {
    if !std::io::stdin().is_terminal() {
        return Err(Trouble::Usage("There is nobody to ask for the password: say --password-stdin.".into()));
    }
    rpassword::prompt_password("Password: ").map_err(|error| Trouble::Failed(format!("No password was read: {error}")))
}

/// A line of the standard input.
fn line() -> Outcome<String> {
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    read.map_err(|error| Trouble::Usage(format!("The standard input cannot be read as text: {error}")))?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}
