//! What a device and the server say to each other. JSON; unknown fields are refused, so that a misspelt one is not
//! silently ignored.
//!
//! - `POST /api/sync/push`: [`PushRequest`] → [`PushResponse`]
//! - `POST /api/sync/pull`: [`PullRequest`] → [`PullResponse`], or in the [`COMPACT`] form where that is asked for
//! - every error: [`Problem`] (RFC 9457)

use serde::{Deserialize, Serialize};

use crate::clock::{Actor, Counter, Version};
use crate::hash::{Checksum, Hash};
use crate::ids::{EntityId, Epoch};
use crate::merge::Outcome;
use crate::mutation::{Mutation, Refusal};
use crate::row::{Row, TextLog};
use crate::scope::{Scope, Stage};

/// The version of these messages and of the operations in them.
pub const SCHEMA: u16 = 2;

/// The oldest schema whose operations a push may still hold: those before [`SCHEMA`] are lifted. A pull is answered in
/// [`SCHEMA`] only, so that an older client sends what it has and is then told to update.
pub const OLDEST_SCHEMA: u16 = 1;

/// The media type of an answer in the compact form ([`crate::compact`]). For an `Accept` header of a client that knows
/// [`SCHEMA`]; another schema has another form.
pub const COMPACT: &str = "application/vnd.tern.columns";

/// A device's mutations, in their order, without gaps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PushRequest {
    pub schema: u16,
    pub actor: Actor,
    pub epoch: Epoch,
    pub mutations: Vec<Mutation>,
}

/// What came of one mutation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PushResult {
    Accepted(#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Any"))] Outcome),
    Rejected(#[cfg_attr(feature = "schema", schemars(with = "crate::schema::Any"))] Refusal),
}

/// A [`PushResult`] and the number of its mutation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NumberedResult {
    pub n: Counter,
    pub result: PushResult,
}

/// The answer to a push. It confirms nothing: only a pull does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PushResponse {
    /// One for each mutation of the request, in its order; for a repeated mutation the stored one.
    pub results: Vec<NumberedResult>,
    /// The organization's version after this push.
    pub ver: Version,
}

/// What a device has, so that the server can tell what it lacks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PullRequest {
    pub schema: u16,
    pub actor: Actor,
    /// The epoch of the device's data; `None` when it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<Epoch>,
    /// Changes after this version are wanted.
    pub cursor: Version,
    /// Up to here the device has everything; the logs of texts are wanted from here. Below `cursor` only between
    /// the pages of one pull.
    pub seen: Version,
    /// The last of the device's mutations that a pull has confirmed; refusals after it are wanted.
    pub confirmed: Counter,
    /// The scopes that the device follows: whose changes it wants.
    pub scopes: Vec<Scope>,
    /// Asks for rows that have been there for long, of scopes that the device follows only now, instead of changes.
    /// Answered by changes all the same where one of these scopes is not open (any more): otherwise rows that are left
    /// out would count as fetched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fill: Option<Fill>,
}

/// Which old rows a device lacks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Fill {
    /// Of these of the followed scopes.
    pub scopes: Vec<Scope>,
    /// What has come into its scope, or changed there, after this version is a change, and comes as one.
    pub until: Version,
    pub from: FillPlace,
}

/// How far a fill has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FillPlace {
    pub stage: Stage,
    /// Of this stage the rows after this version are wanted.
    pub after: Version,
}

impl FillPlace {
    pub const BEGIN: Self = Self { stage: Stage::ALL[0], after: 0 };
}

/// The answer to a pull.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PullResponse {
    /// What has changed.
    Page(PullPage),
    /// To [`PullRequest::fill`].
    Filled(FillPage),
    /// The device's data is of another life of the server, or too old to be brought up to date by changes: it must
    /// fetch everything anew, and keeps its outbox.
    Reset {
        epoch: Epoch,
        /// Up to here the order of changes is the one that the device knows. What it has seen beyond is lost, or was of
        /// another order: in this one nobody has seen it.
        #[serde(default)]
        common: Version,
    },
}

/// What changed in the followed scopes, read at one moment (`snapshot`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PullPage {
    pub epoch: Epoch,
    /// In the order in which they changed or came.
    pub rows: Vec<PulledRow>,
    /// Rows that have gone to where the device does not follow them.
    #[serde(default)]
    pub left: Vec<EntityId>,
    /// The scopes that are open to the member, where these are others than [`PullRequest::scopes`]. What closed is to
    /// be let go of, and what opened may be followed from `cursor` on, and filled up to there.
    #[serde(default)]
    pub open: Option<Vec<Scope>>,
    /// Where the next pull begins.
    pub cursor: Version,
    /// The organization's version when the page was read: each row in it has everything up to here.
    pub snapshot: Version,
    /// Whether changes are left beyond `cursor`.
    pub more: bool,
    /// The last of the device's mutations that the server had handled when the page was read. The rows of this page
    /// contain the effects of all mutations up to it; the device's other rows do once `more` is false.
    pub last_mutation: LastMutation,
    /// The device's refused mutations after [`PullRequest::confirmed`], in their order.
    pub refused: Vec<RefusedMutation>,
    /// Over all rows of the followed scopes that are open to the member, at `snapshot`.
    pub checksum: Checksum,
    /// Rows that were deleted up to here are gone for good: with the last page of a pull the device, too, lets go of
    /// those it has.
    #[serde(default)]
    pub floor: Version,
}

/// Rows that the device lacked, read at one moment (`snapshot`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FillPage {
    pub epoch: Epoch,
    pub rows: Vec<PulledRow>,
    /// As [`PullPage::snapshot`].
    pub snapshot: Version,
    /// As [`PullPage::last_mutation`], for the rows of this page.
    pub last_mutation: LastMutation,
    /// As [`PullPage::refused`].
    pub refused: Vec<RefusedMutation>,
    /// Where to go on; `None` when that was all.
    pub next: Option<FillPlace>,
}

/// A row as it is now, and how its texts came from what the device has to what they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PulledRow {
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Object"))]
    pub row: Row,
    /// Which of [`PullRequest::scopes`] it is in, counted from 0.
    pub scope: u32,
    /// The changes of its texts after [`PullRequest::seen`].
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<crate::schema::Object>"))]
    pub texts: Vec<TextLog>,
}

/// How far the server has handled a device's mutations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LastMutation {
    pub n: Counter,
    /// The hash of the device's history up to `n`: where the device's own differs, its history has forked.
    pub hash: Hash,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RefusedMutation {
    pub n: Counter,
    #[cfg_attr(feature = "schema", schemars(with = "crate::schema::Any"))]
    pub reason: Refusal,
}

/// An error as `application/problem+json` (RFC 9457).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Problem {
    /// What kind of problem; one of [`kind`]'s, as a relative reference.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What went wrong this time and what to do.
    pub detail: String,
}

/// The kinds of [`Problem`] that a client acts on.
pub mod kind {
    /// The request is not of the documented form. Sending it again cannot help.
    pub const INVALID: &str = "/problems/invalid-request";
    /// The body is larger than [`crate::limits::BODY_BYTES`].
    pub const TOO_LARGE: &str = "/problems/too-large";
    /// No valid access token: refresh, then sign in.
    pub const UNAUTHENTICATED: &str = "/problems/unauthenticated";
    /// Wrong e-mail address or password.
    pub const CREDENTIALS: &str = "/problems/wrong-credentials";
    /// Not there, or not yours.
    pub const NOT_FOUND: &str = "/problems/not-found";
    /// The e-mail address is registered already.
    pub const TAKEN: &str = "/problems/already-registered";
    /// Your role, or your token, does not let you do this.
    pub const NOT_ALLOWED: &str = "/problems/not-allowed";
    /// It is of another version than the one that was named.
    pub const CHANGED: &str = "/problems/changed";
    /// An organization always has an admin: make somebody else one first.
    pub const LAST_ADMIN: &str = "/problems/last-admin";
    /// A number is missing before the first mutation of a push.
    pub const GAP: &str = "/problems/gap";
    /// The device's history is not the one the server knows: a copied profile or a restored disk.
    pub const FORKED: &str = "/problems/forked-history";
    /// The server's data is of another epoch: pull first.
    pub const EPOCH: &str = "/problems/other-epoch";
    /// The client is older or newer than this server understands.
    pub const SCHEMA: &str = "/problems/unsupported-schema";
    /// The chunks that are there are not the whole of the file: begin again, which tells what is missing.
    pub const INCOMPLETE: &str = "/problems/incomplete-upload";
    /// The content is another one than its attachment names. What had arrived of it is gone.
    pub const CONTENT: &str = "/problems/wrong-content";
    /// Too many requests: wait as long as `Retry-After` says.
    pub const BUSY: &str = "/problems/too-many-requests";
    /// A request with this `Idempotency-Key` is being done: wait as long as `Retry-After` says, and repeat it.
    pub const UNDERWAY: &str = "/problems/underway";
    /// This `Idempotency-Key` was used for another request.
    pub const KEY_USED: &str = "/problems/key-used";
    /// The webhook is switched off: switch it on first.
    pub const OFF: &str = "/problems/switched-off";
    /// The server cannot work at the moment: try again later.
    pub const UNAVAILABLE: &str = "/problems/unavailable";
}
