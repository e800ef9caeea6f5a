//! What the environment says. Everything has a default; a mistake is one sentence.

use std::ffi::OsString;
use std::net::IpAddr;
use std::path::PathBuf;

use shared::limits::ATTACHMENT_BYTES;
use tracing_subscriber::EnvFilter;

use crate::domain::webhook::Reach;

/// How the server is set up.
#[derive(Clone, Debug)]
pub struct Config {
    /// `TERN_HOST`: the address to listen on.
    pub host: IpAddr,
    /// `PORT`; 0 takes any that is free.
    pub port: u16,
    /// `DATABASE_URL`; without one the server runs a PostgreSQL of its own.
    pub database_url: Option<DatabaseUrl>,
    /// `TERN_DATA_DIR`: where that PostgreSQL keeps its data.
    pub data_dir: PathBuf,
    /// `TERN_DIST`: the built app.
    pub dist: PathBuf,
    /// `TERN_ATTACHMENTS_DIR`: where the contents of attachments are; without one, in `attachments` beside that data.
    pub attachments_dir: PathBuf,
    /// `TERN_ATTACHMENT_MB`: how many megabytes an attached file may have.
    pub attachment_mb: u32,
    pub log: Log,
    /// `TERN_FINISHED_DAYS`: after how many days finished work is put aside for devices that do not keep it.
    pub finished_days: u16,
    /// `TERN_WEBHOOKS_PRIVATE`: whether webhooks may be in private networks.
    pub webhooks: Reach,
}

/// Contains a password, and is never shown.
#[derive(Clone)]
pub struct DatabaseUrl(pub String);

impl std::fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DatabaseUrl(…)")
    }
}

/// `TERN_LOG`: a filter such as `info` or `info,tern_server=debug`, with `/json` behind it for a line of JSON per event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    pub filter: String,
    pub json: bool,
}

/// What is logged unless `TERN_LOG` says otherwise: what happens, without the database driver's remarks.
const DEFAULT_FILTER: &str = "info,sqlx=warn";

/// Bytes.
pub const MEGABYTE: u64 = 1024 * 1024;

/// A setting that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    #[error("PORT is '{0}', but must be a number from 0 to 65535.")]
    Port(String),
    #[error("TERN_HOST is '{0}', but must be an IP address such as 127.0.0.1, or 0.0.0.0 for all.")]
    Host(String),
    #[error("TERN_LOG is '{0}', but must be a filter such as 'info' or 'info,tern_server=debug/json'.")]
    Log(String),
    #[error("TERN_FINISHED_DAYS is '{0}', but must be a number of days from 1 to 65535.")]
    FinishedDays(String),
    #[error("TERN_ATTACHMENT_MB is '{0}', but must be a number of megabytes from 1 to 4294967295.")]
    AttachmentMb(String),
    #[error("TERN_WEBHOOKS_PRIVATE is '{0}', but must be 'allow' or 'refuse'.")]
    WebhooksPrivate(String),
    #[error("{0} is not valid UTF-8. Write it in UTF-8.")]
    Encoding(&'static str),
}

impl Config {
    /// Reads the settings through `variable`, which is [`std::env::var_os`] except in tests. An empty one counts as
    /// not set.
    pub fn read(variable: impl Fn(&str) -> Option<OsString>) -> Result<Self, ConfigError> {
        let path = |name: &str, default: &str| set(&variable, name).map_or_else(|| default.into(), PathBuf::from);
        let text = |name: &'static str| {
            let value = set(&variable, name).map(OsString::into_string).transpose();
            value.map_err(|_| ConfigError::Encoding(name))
        };
        let host = text("TERN_HOST")?.unwrap_or_else(|| "127.0.0.1".to_owned());
        let port = text("PORT")?.unwrap_or_else(|| "3000".to_owned());
        let days = text("TERN_FINISHED_DAYS")?.unwrap_or_else(|| "30".to_owned());
        let most = text("TERN_ATTACHMENT_MB")?.unwrap_or_else(|| (ATTACHMENT_BYTES / MEGABYTE).to_string());
        let data_dir = path("TERN_DATA_DIR", "./data");
        let attachments_dir = set(&variable, "TERN_ATTACHMENTS_DIR");
        let attachments_dir = attachments_dir.map_or_else(|| data_dir.join("attachments"), PathBuf::from);
        Ok(Self {
            host: host.parse().map_err(|_| ConfigError::Host(host))?,
            port: port.parse().map_err(|_| ConfigError::Port(port))?,
            database_url: text("DATABASE_URL")?.map(DatabaseUrl),
            data_dir,
            dist: path("TERN_DIST", "./dist"),
            attachments_dir,
            attachment_mb: most.parse().ok().filter(|most| *most > 0).ok_or(ConfigError::AttachmentMb(most))?,
            log: log(&text("TERN_LOG")?.unwrap_or_default())?,
            finished_days: days.parse().ok().filter(|days| *days > 0).ok_or(ConfigError::FinishedDays(days))?,
            webhooks: reach(text("TERN_WEBHOOKS_PRIVATE")?.unwrap_or_default())?,
        })
    }
}

fn set(variable: impl Fn(&str) -> Option<OsString>, name: &str) -> Option<OsString> {
    variable(name).filter(|value| !value.is_empty())
}

fn reach(text: String) -> Result<Reach, ConfigError> {
    match text.as_str() {
        "" | "refuse" => Ok(Reach::Public),
        "allow" => Ok(Reach::Anywhere),
        _ => Err(ConfigError::WebhooksPrivate(text)),
    }
}

fn log(text: &str) -> Result<Log, ConfigError> {
    let (filter, json) = match text.strip_suffix("json") {
        Some(rest) if rest.is_empty() || rest.ends_with('/') => (rest.trim_end_matches('/'), true),
        _ => (text, false),
    };
    let filter = if filter.is_empty() { DEFAULT_FILTER } else { filter };
    EnvFilter::try_new(filter).map_err(|_| ConfigError::Log(text.to_owned()))?;
    Ok(Log { filter: filter.to_owned(), json })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let find = |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value));
        Config::read(find)
    }

    #[test]
    fn an_empty_environment_is_enough() {
        let config = read(&[("PORT", "")]).unwrap();
        assert_eq!((config.host.to_string().as_str(), config.port), ("127.0.0.1", 3000));
        assert!(config.database_url.is_none());
        assert_eq!(config.data_dir, PathBuf::from("./data"));
        assert_eq!(config.log, Log { filter: DEFAULT_FILTER.into(), json: false });
        assert_eq!(config.attachments_dir, PathBuf::from("./data/attachments"));
        assert_eq!((config.finished_days, config.attachment_mb, config.webhooks), (30, 100, Reach::Public));
    }

    #[test]
    fn a_mistake_names_the_setting() {
        assert_eq!(read(&[("PORT", "70000")]).unwrap_err(), ConfigError::Port("70000".into()));
        assert_eq!(read(&[("TERN_HOST", "here")]).unwrap_err(), ConfigError::Host("here".into()));
        assert_eq!(read(&[("TERN_FINISHED_DAYS", "0")]).unwrap_err(), ConfigError::FinishedDays("0".into()));
        assert_eq!(read(&[("TERN_ATTACHMENT_MB", "all")]).unwrap_err(), ConfigError::AttachmentMb("all".into()));
        let yes = ConfigError::WebhooksPrivate("yes".into());
        assert_eq!(read(&[("TERN_WEBHOOKS_PRIVATE", "yes")]).unwrap_err(), yes);
        assert_eq!(read(&[("TERN_WEBHOOKS_PRIVATE", "allow")]).unwrap().webhooks, Reach::Anywhere);
        assert_eq!(read(&[("TERN_LOG", "a=b=c")]).unwrap_err(), ConfigError::Log("a=b=c".into()));
    }

    #[test]
    fn the_log_is_a_filter_and_a_form() {
        let log = |text: &str| read(&[("TERN_LOG", text)]).unwrap().log;
        assert_eq!(log("json"), Log { filter: DEFAULT_FILTER.into(), json: true });
        assert_eq!(log("warn/json"), Log { filter: "warn".into(), json: true });
        assert_eq!(log("debug"), Log { filter: "debug".into(), json: false });
    }

    #[test]
    fn the_database_url_is_never_shown() {
        let config = read(&[("DATABASE_URL", "postgres://u:secret@h/d")]).unwrap();
        assert!(!format!("{config:?}").contains("secret"));
    }
}
