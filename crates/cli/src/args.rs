//! What can be said on the command line.

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use std::path::PathBuf;

const EXIT_CODES: &str = "\
EXIT CODES:
  0  done
  1  failed
  2  the command makes no sense as it was given
  3  nobody is signed in, or the session is over
  4  there is nothing, or more than one thing, of this name
  5  refused, or a person has to choose first
  6  the server is needed and cannot be reached";

const WORDS: &str = "\
WORDS:
  #ops                     a tag
  !high                    the priority: none, low, medium, high or urgent
  +harbour                 the project, by the beginning of its name or by its prefix
  @ines                    who does it, by name or e-mail address; @me is you
  today, tomorrow, friday, 2026-03-01
                           when it is due
Anything else is the title. A backslash keeps a word in it: \\today. Most shells take # and ! for their own: quote the line.";

const FILTERS: &str = "\
WORDS:
  #ops !high +harbour @ines today
                           tasks that have all of these, as with `tern add`; of several priorities or people one suffices
  overdue                  due before today and not closed
  anything else            tasks with words that begin so";

/// Tasks of your team in the terminal. Works without a connection; `tern sync` sends and fetches.
#[derive(Debug, Parser)]
#[command(name = "tern", version, after_help = EXIT_CODES, max_term_width = 100)]
pub(crate) struct Cli {
    /// Print JSON, and errors as JSON to the standard error output
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// Do not try to reach the server
    #[arg(long, global = true, env = "TERN_OFFLINE", value_parser = clap::builder::FalseyValueParser::new())]
    pub(crate) offline: bool,

    #[command(subcommand)]
    pub(crate) command: Do,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Do {
    /// Sign in to a server, and fetch the team's tasks
    Login(Login),
    /// Sign out; what is on this device stays for the next sign-in
    Logout {
        /// Also remove the tasks from this device; refused while something waits to be sent
        #[arg(long)]
        clear: bool,
    },
    /// Who is signed in, and how syncing stands
    Status,
    /// Make a task of a line: tern add 'Mend the net tomorrow #ops !high'
    #[command(after_help = WORDS)]
    Add(Add),
    /// List tasks, by words and options
    #[command(visible_alias = "ls", after_help = FILTERS)]
    List(List),
    /// Show a task with its comments
    Show { task: String },
    /// Change a task
    Edit(Box<Edit>),
    /// Mark tasks as done
    Done {
        #[arg(required = true)]
        tasks: Vec<String>,
    },
    /// Put closed tasks back on the list of what is to do
    Reopen {
        #[arg(required = true)]
        tasks: Vec<String>,
    },
    /// Delete tasks; `tern restore` brings them back for 90 days
    Delete {
        #[arg(required = true)]
        tasks: Vec<String>,
    },
    /// Bring deleted tasks back
    Restore {
        #[arg(required = true)]
        tasks: Vec<String>,
    },
    /// Comment on a task
    Comment {
        task: String,
        /// The text, in Markdown; without it, or with `-`, it is read from the standard input
        #[arg(allow_hyphen_values = true)]
        text: Option<String>,
    },
    /// List the projects, or make one
    Projects {
        /// Make a project of this name
        #[arg(long, value_name = "NAME")]
        add: Option<String>,
    },
    /// List the people of the organization
    People,
    /// List the fields that several people changed at once and that no rule decides
    Conflicts,
    /// Say which value of such a field is right
    Resolve {
        task: String,
        /// As `tern conflicts` names it: status or assignees
        field: String,
        /// `mine`, `theirs`, `all` (people), or a value: a status, or people with commas between
        choice: String,
    },
    /// Show what waits to be sent and what was refused
    Outbox {
        #[command(subcommand)]
        action: Option<Refused>,
    },
    /// Send what waits and fetch what others did
    Sync,
    /// Stay connected, and print each change of a task as it comes
    Watch(Watch),
    /// Write all that is on this device to a file
    Export(Export),
    /// Take a file in: Tern's JSON or CSV, or what Todoist, Trello, Asana or Linear export
    Import(Import),
    /// Print a script that completes commands in a shell
    Completions { shell: Shell },
    /// Print the manual page, or write one for each command into a directory
    Man {
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Login {
    /// The server's address, such as `https://tern.example`; the last one, if it is left out
    pub(crate) server: Option<String>,
    #[arg(long, env = "TERN_EMAIL")]
    pub(crate) email: Option<String>,
    /// Read the password from the standard input, instead of asking for it
    #[arg(long)]
    pub(crate) password_stdin: bool,
    /// What to call this device
    #[arg(long, default_value = "Terminal")]
    pub(crate) device: String,
    /// Send the password also to another machine without encryption
    #[arg(long)]
    pub(crate) insecure: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Add {
    /// The title, and words that say more
    #[arg(required = true)]
    pub(crate) words: Vec<String>,
    /// Take every word for the title
    #[arg(long)]
    pub(crate) literal: bool,
    #[command(flatten)]
    pub(crate) set: Set,
}

/// Values of a task, for a new one and for one that is there.
#[derive(Debug, Default, Args)]
pub(crate) struct Set {
    /// In Markdown; `-` reads it from the standard input
    #[arg(long, short, allow_hyphen_values = true)]
    pub(crate) description: Option<String>,
    #[arg(long, allow_hyphen_values = true)]
    pub(crate) notes: Option<String>,
    #[arg(long, short)]
    pub(crate) status: Option<StatusName>,
    #[arg(long, short)]
    pub(crate) priority: Option<PriorityName>,
    /// A date, today, tomorrow, a weekday, or none
    #[arg(long, value_name = "DAY")]
    pub(crate) due: Option<String>,
    /// When work is to begin; as --due
    #[arg(long, value_name = "DAY")]
    pub(crate) start: Option<String>,
    /// A whole number in the team's own unit, or none
    #[arg(long)]
    pub(crate) estimate: Option<String>,
    /// Put somebody on it; may be repeated
    #[arg(long, value_name = "PERSON")]
    pub(crate) assign: Vec<String>,
    /// Add a tag; may be repeated
    #[arg(long)]
    pub(crate) tag: Vec<String>,
    /// By name, prefix or id
    #[arg(long)]
    pub(crate) project: Option<String>,
    /// A section of its project, or none
    #[arg(long)]
    pub(crate) section: Option<String>,
    /// The task that it is a part of, or none
    #[arg(long, value_name = "TASK")]
    pub(crate) parent: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Edit {
    /// A key such as HAR-231, or the beginning or end of an id
    pub(crate) task: String,
    #[arg(long, allow_hyphen_values = true)]
    pub(crate) title: Option<String>,
    #[command(flatten)]
    pub(crate) set: Set,
    /// Take somebody off it; may be repeated
    #[arg(long, value_name = "PERSON")]
    pub(crate) unassign: Vec<String>,
    /// Remove a tag; may be repeated
    #[arg(long, value_name = "TAG")]
    pub(crate) untag: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct List {
    pub(crate) words: Vec<String>,
    /// May be repeated
    #[arg(long, short)]
    pub(crate) status: Vec<StatusName>,
    /// A day as with `tern add`, `none`, `some`, `overdue` or `week`: within seven days
    #[arg(long, value_name = "WHEN")]
    pub(crate) due: Option<String>,
    /// A section of the project, or none
    #[arg(long)]
    pub(crate) section: Option<String>,
    /// Parts of this task
    #[arg(long, value_name = "TASK")]
    pub(crate) parent: Option<String>,
    /// Also what is done or cancelled
    #[arg(long, short)]
    pub(crate) all: bool,
    /// What is deleted
    #[arg(long)]
    pub(crate) deleted: bool,
    /// A filter as saved views hold it (JSON)
    #[arg(long, value_name = "JSON")]
    pub(crate) filter: Option<String>,
    /// A saved view, by name
    #[arg(long, value_name = "NAME")]
    pub(crate) view: Option<String>,
    /// Keys with commas between, with a minus for descending: -priority,due
    #[arg(long, value_name = "KEYS", allow_hyphen_values = true, default_value = "-priority,due,created")]
    pub(crate) sort: String,
    /// At most so many
    #[arg(long, short = 'n')]
    pub(crate) limit: Option<usize>,
    /// Print a table of so many columns, also where the output is no terminal
    #[arg(long, value_name = "COLUMNS")]
    pub(crate) width: Option<u16>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Refused {
    /// Send a refused change once more
    Retry { id: u64 },
    /// Send it with another text
    Edit {
        id: u64,
        #[arg(allow_hyphen_values = true)]
        text: String,
    },
    /// Give it up
    Discard { id: u64 },
}

#[derive(Debug, Args)]
pub(crate) struct Watch {
    /// End after so many changes
    #[arg(long, value_name = "COUNT")]
    pub(crate) count: Option<usize>,
}

#[derive(Debug, Args)]
pub(crate) struct Export {
    #[arg(long, short, default_value = "json")]
    pub(crate) format: Format,
    /// Of one project only
    #[arg(long)]
    pub(crate) project: Option<String>,
    /// The file to write; without it, the standard output
    #[arg(long, short)]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The file; `-` is the standard input
    pub(crate) file: PathBuf,
    /// Whose form it has; without it, what it looks like
    #[arg(long, short)]
    pub(crate) format: Option<Source>,
    /// Where its tasks go, whatever it says
    #[arg(long)]
    pub(crate) project: Option<String>,
    /// Say what would come of it, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Format {
    /// Everything, in the form of docs/cli.md
    Json,
    /// The tasks, a line each (RFC 4180)
    Csv,
    /// The tasks as lists to read
    Markdown,
    /// The tasks as a calendar (RFC 5545)
    Ics,
}

macro_rules! names {
    ($(#[$doc:meta])* $name:ident of $from:path: $($variant:ident),*) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
        #[value(rename_all = "snake_case")]
        pub(crate) enum $name { $($variant),* }

        impl From<$name> for $from {
            fn from(name: $name) -> Self {
                match name { $($name::$variant => Self::$variant),* }
            }
        }
    };
}

names! {
    /// Whose form a file has.
    Source of exchange::read::Source: Json, Csv, Todoist, Trello, Asana, Linear
}

names! {
    /// A status, as it is said everywhere.
    StatusName of shared::workflow::Status: Backlog, Todo, InProgress, Blocked, InReview, Done, Cancelled
}

names! {
    /// A priority, as it is said everywhere.
    PriorityName of shared::workflow::Priority: None, Low, Medium, High, Urgent
}
