//! What the tests share: a cluster, servers, devices.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

use axum::middleware::from_fn;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, SET_COOKIE};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use shared::account::Session;
use shared::clock::{Counter, Version};
use shared::field::{Field, TextField};
use shared::hash::{Checksum, chain};
use shared::ids::{EntityId, Kind, MutationId, ProjectId, TaskId};
use shared::mutation::{Create, Mutation, Op, TextEdit};
use shared::protocol::{
    LastMutation, Problem, PullPage, PullRequest, PullResponse, PushRequest, PushResponse, PushResult, SCHEMA,
};
use shared::row::Row;
use shared::text::Delta;
use shared::value::Place;
use shared::workflow::Status;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tern_server::contents::Contents;
use tern_server::courier::Courier;
use tern_server::db::cluster::Cluster;
use tern_server::db::{self, Db, Keys};
use tern_server::router::{AppState, Files, Pace, router};
use tern_server::services::Services;
use tern_server::tokens::Tokens;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::contract;
use crate::wire::Wire;

const TEMPLATE: &str = "tern_template";
pub(crate) const PASSWORD: &str = "correct horse";

/// Of an attached file.
pub(crate) const MOST_BYTES: u64 = 2 * 1024 * 1024;

struct TestCluster {
    cluster: Cluster,
    keys: Keys,
    dist: PathBuf,
}

/// A directory that is removed after the run, and that any user can reach.
static ROOT: LazyLock<PathBuf> = LazyLock::new(|| {
    let root = std::env::temp_dir().join(format!("tern-test-{}", Uuid::now_v7().simple()));
    std::fs::create_dir(&root).unwrap();
    root
});

static CLUSTER: LazyLock<TestCluster> = LazyLock::new(|| {
    // On a thread of its own: a test's runtime ends with the test.
    std::thread::spawn(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let started = runtime.block_on(async {
            let settings = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=400"];
            let cluster = Cluster::start(&ROOT.join("data"), &settings).await.unwrap();
            watch(cluster.pid(), &ROOT);
            cluster.create_database(TEMPLATE).await.unwrap();
            let keys = db::prepare(&cluster.options(TEMPLATE)).await.unwrap();
            TestCluster { cluster, keys, dist: dist(&ROOT) }
        });
        std::mem::forget(runtime);
        started
    })
    .join()
    .unwrap()
});

/// Stops the cluster when this process ends, in whatever way: the shell's input ends with it.
fn watch(pid: i32, root: &Path) {
    use std::os::unix::process::CommandExt as _;
    let script = "read -r _; kill -INT $0; \
                  while kill -0 $0 && [ -e \"$1/data/postgres/data/postmaster.pid\" ]; do sleep 0.1; done; \
                  rm -rf \"$1\"";
    let mut command = Command::new("sh");
    command.args(["-c", script, &pid.to_string()]).arg(root);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    std::mem::forget(command.spawn().unwrap());
}

/// What a build leaves.
pub(crate) fn dist(root: &Path) -> PathBuf {
    let dist = root.join("dist");
    std::fs::create_dir(&dist).unwrap();
    let files = [
        ("index.html", "<html><script type=\"module\">init()</script></html>"),
        ("index.html.br", "shell as br"),
        ("index.html.gz", "shell as gz"),
        ("tern-0123456789abcdef.js", "plain script"),
        ("tern-0123456789abcdef.js.br", "script as br"),
        ("sw.js", "worker"),
        (".built", ""),
    ];
    for (name, content) in files {
        std::fs::write(dist.join(name), content).unwrap();
    }
    dist
}

/// A directory for one test.
pub(crate) fn directory() -> PathBuf {
    LazyLock::force(&CLUSTER); // whose watchdog removes it
    let directory = ROOT.join(format!("d{}", Uuid::now_v7().simple()));
    std::fs::create_dir(&directory).unwrap();
    directory
}

/// A server with a database of its own.
pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) http: reqwest::Client,
    pub(crate) database: String,
    /// Where the contents of attachments are.
    pub(crate) attachments: PathBuf,
    pub(crate) services: Arc<Services>,
    /// What the router says of itself.
    pub(crate) routes: String,
    db: Db,
    serving: JoinHandle<()>,
}

/// A connection to no test's database, as the owner of all.
async fn admin() -> PgConnection {
    PgConnection::connect_with(&CLUSTER.cluster.options("postgres")).await.unwrap()
}

/// The cluster's options, for a wire to it.
pub(crate) fn cluster() -> PgConnectOptions {
    CLUSTER.cluster.options("postgres")
}

/// A new database that holds what another one does.
async fn copy(template: &str) -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(1);
    let database = format!("t{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let create = format!("CREATE DATABASE {database} TEMPLATE {template}");
    sqlx::query(AssertSqlSafe(create)).execute(&mut admin().await).await.unwrap();
    database
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::start_at(Pace::default()).await
    }

    pub(crate) async fn start_at(pace: Pace) -> Self {
        let database = copy(TEMPLATE).await;
        let options = CLUSTER.cluster.options(&database);
        Self::on(database, options, 10, pace, Courier::default()).await
    }

    /// A server whose connections are on a wire that a test can break: one for requests, and one that listens.
    pub(crate) async fn start_behind(wire: &Wire) -> Self {
        let database = copy(TEMPLATE).await;
        let options = PgConnectOptions::new_without_pgpass().host("127.0.0.1").port(wire.port).username("tern");
        let options = options.database(&database).ssl_mode(PgSslMode::Disable);
        Self::on(database, options, 2, Pace::default(), Courier::default()).await
    }

    /// A server on a database that is there.
    pub(crate) async fn restart(database: &str) -> Self {
        Self::restart_with(database, Courier::default()).await
    }

    /// The same, with another way to webhooks.
    pub(crate) async fn restart_with(database: &str, courier: Courier) -> Self {
        Self::on(database.to_owned(), CLUSTER.cluster.options(database), 10, Pace::default(), courier).await
    }

    async fn on(database: String, options: PgConnectOptions, connections: u32, pace: Pace, courier: Courier) -> Self {
        let TestCluster { keys, dist, .. } = &*CLUSTER;
        let db = db::open(options, connections).await.unwrap();
        let attachments = ROOT.join("attachments").join(&database);
        let (tokens, contents) = (Tokens::new(keys).unwrap(), Contents::in_directory(&attachments).unwrap());
        let services = Arc::new(Services::new(db.clone(), tokens, contents, MOST_BYTES, courier));
        let (following, notices) = (Arc::clone(&services), services.listen().await.unwrap());
        tokio::spawn(async move { following.follow(notices).await });
        let files = Arc::new(Files::open(dist).unwrap());
        let app = router(AppState { services: Arc::clone(&services), files, pace });
        let routes = format!("{app:?}");
        let app = app.layer(from_fn(contract::hold));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let serving = tokio::spawn(async { axum::serve(listener, app).await.unwrap() });
        Self { url, http: http(), database, attachments, services, routes, db, serving }
    }

    /// Ends it, in the middle of whatever it does. Its database stays.
    pub(crate) async fn stop(&self) {
        self.serving.abort();
        self.db.close().await;
    }

    /// Copies the database, as a backup does. Nobody may be connected.
    pub(crate) async fn back_up(&self) -> String {
        copy(&self.database).await
    }

    /// What the server makes and checks tokens with.
    pub(crate) fn tokens() -> Tokens {
        Tokens::new(&CLUSTER.keys).unwrap()
    }

    /// How the database's owner connects.
    pub(crate) fn options(&self) -> PgConnectOptions {
        CLUSTER.cluster.options(&self.database)
    }

    /// Opens the database, or closes it and ends every connection to it.
    pub(crate) async fn allow_connections(&self, allow: bool) {
        let mut admin = admin().await;
        let alter = format!("ALTER DATABASE {} ALLOW_CONNECTIONS {allow}", self.database);
        sqlx::query(AssertSqlSafe(alter)).execute(&mut admin).await.unwrap();
        if !allow {
            let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1";
            sqlx::query(end).bind(&self.database).execute(&mut admin).await.unwrap();
        }
    }

    /// A connection as the database's owner, whom no policy stops.
    pub(crate) async fn owner(&self) -> PgConnection {
        PgConnection::connect_with(&self.options()).await.unwrap()
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url))
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Response {
        self.request(Method::POST, path).json(body).send().await.unwrap()
    }

    /// Registers somebody with a new organization.
    pub(crate) async fn register(&self, email: &str) -> Device<'_> {
        let id = Uuid::now_v7();
        let response = self.post("/api/auth/register", &registration(email, id)).await;
        Device::new(self, id, response).await
    }

    /// Registers somebody in the organization of a member.
    pub(crate) async fn join(&self, member: &Device<'_>, email: &str) -> Device<'_> {
        self.join_on(member, email, Uuid::now_v7()).await
    }

    /// The same on a device that is there.
    pub(crate) async fn join_on(&self, member: &Device<'_>, email: &str, device: Uuid) -> Device<'_> {
        let body = invited(&member.invite().await, email, device);
        Device::new(self, device, self.post("/api/auth/register", &body).await).await
    }

    pub(crate) async fn login(&self, email: &str, device: Uuid) -> Device<'_> {
        Device::new(self, device, self.post("/api/auth/login", &credentials(email, PASSWORD, device)).await).await
    }
}

pub(crate) fn http() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

pub(crate) fn registration(email: &str, device: Uuid) -> Value {
    json!({
        "organization": "Saltmarsh", "name": "Ines Okafor", "email": email, "password": PASSWORD,
        "device": { "id": device, "name": "test" },
    })
}

/// A registration with an invitation.
pub(crate) fn invited(token: &Value, email: &str, device: Uuid) -> Value {
    let mut body = registration(email, device);
    body.as_object_mut().unwrap().remove("organization");
    body["invitation"] = token.clone();
    body
}

pub(crate) fn credentials(email: &str, password: &str, device: Uuid) -> Value {
    json!({ "email": email, "password": password, "device": { "id": device, "name": "test" } })
}

/// The refresh token that a response sets.
pub(crate) fn cookie(response: &Response) -> String {
    let header = response.headers()[SET_COOKIE].to_str().unwrap();
    header.split(';').next().unwrap().strip_prefix("tern_refresh=").unwrap().to_owned()
}

/// The problem in a response, checked for its form.
pub(crate) async fn problem(response: Response) -> Problem {
    assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
    let status = response.status();
    let problem: Problem = response.json().await.unwrap();
    assert_eq!(problem.status, status.as_u16());
    assert!(problem.detail.len() > 20, "{problem:?}");
    problem
}

pub(crate) async fn check(response: Response, status: u16, kind: &str) {
    assert_eq!(response.status().as_u16(), status, "{:?}", response.text().await);
    let problem = problem(response).await;
    assert_eq!(problem.kind, kind, "{problem:?}");
}

/// A device that is signed in, and what it knows of its own history.
pub(crate) struct Device<'a> {
    pub(crate) server: &'a Server,
    pub(crate) id: Uuid,
    pub(crate) session: Session,
    pub(crate) refresh_token: String,
    pub(crate) last: LastMutation,
}

impl<'a> Device<'a> {
    async fn new(server: &'a Server, id: Uuid, response: Response) -> Self {
        assert!(response.status().is_success(), "{:?}", response.text().await);
        let refresh_token = cookie(&response);
        let session = response.json().await.unwrap();
        Self { server, id, session, refresh_token, last: LastMutation::default() }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.server.request(method, path).header(AUTHORIZATION, format!("Bearer {}", self.session.access_token.0))
    }

    /// The token of an invitation.
    pub(crate) async fn invite(&self) -> Value {
        let made: Value = self.request(Method::POST, "/api/invitations").send().await.unwrap().json().await.unwrap();
        made["token"].clone()
    }

    pub(crate) async fn refresh(&self, token: &str) -> Response {
        let request = self.server.request(Method::POST, "/api/auth/refresh");
        request.header(COOKIE, format!("tern_refresh={token}")).send().await.unwrap()
    }

    pub(crate) async fn logout(&self) -> Response {
        let request = self.server.request(Method::POST, "/api/auth/logout");
        request.header(COOKIE, format!("tern_refresh={}", self.refresh_token)).send().await.unwrap()
    }

    /// The device's next mutations, made by somebody who has seen everything up to `ctx`.
    pub(crate) fn next(&mut self, ctx: Version, ops: impl IntoIterator<Item = Op>) -> PushRequest {
        let mutations = ops.into_iter().map(|op| {
            let LastMutation { n, hash } = self.last;
            let mutation = Mutation { n: n + 1, id: MutationId(Uuid::now_v7()), prev_hash: hash, ctx, at: 0, op };
            self.last = LastMutation { n: n + 1, hash: chain(hash, n + 1, mutation.id) };
            mutation
        });
        let mutations = mutations.collect();
        let account = &self.session.account;
        PushRequest { schema: SCHEMA, actor: account.actor, epoch: account.epoch, mutations }
    }

    pub(crate) async fn send<T: serde::Serialize>(&self, request: &T) -> Response {
        self.request(Method::POST, "/api/sync/push").json(request).send().await.unwrap()
    }

    /// Pushes what must be handled.
    pub(crate) async fn push(&mut self, ctx: Version, ops: impl IntoIterator<Item = Op>) -> Vec<PushResult> {
        let request = self.next(ctx, ops);
        results(self.send(&request).await).await
    }

    pub(crate) fn pull_request(&self, cursor: Version) -> PullRequest {
        let account = &self.session.account;
        PullRequest {
            schema: SCHEMA,
            actor: account.actor,
            epoch: Some(account.epoch),
            cursor,
            seen: cursor,
            confirmed: 0,
            scopes: Vec::new(),
            fill: None,
        }
    }

    pub(crate) async fn ask(&self, request: &PullRequest) -> Response {
        self.request(Method::POST, "/api/sync/pull").json(request).send().await.unwrap()
    }

    /// The answer to a device that follows what is open to it, unless the request says otherwise.
    pub(crate) async fn pull_as(&self, request: &PullRequest) -> PullResponse {
        let answer = self.answer(request).await;
        match &answer {
            PullResponse::Page(PullPage { open: Some(open), .. }) if request.scopes.is_empty() => {
                self.answer(&PullRequest { scopes: open.clone(), ..request.clone() }).await
            }
            _ => answer,
        }
    }

    async fn answer(&self, request: &PullRequest) -> PullResponse {
        let response = self.ask(request).await;
        assert_eq!(response.status(), StatusCode::OK, "{:?}", response.text().await);
        response.json().await.unwrap()
    }

    /// Where the organization stands.
    pub(crate) async fn now(&self) -> Version {
        self.pull(0).await.snapshot
    }

    /// One page after a version.
    pub(crate) async fn pull(&self, cursor: Version) -> PullPage {
        match self.pull_as(&self.pull_request(cursor)).await {
            PullResponse::Page(page) => page,
            other => panic!("not a page: {other:?}"),
        }
    }

    /// The first project.
    pub(crate) async fn project(&self) -> ProjectId {
        let page = self.pull(0).await;
        let project = page.rows.iter().find_map(|row| match row.row.id {
            EntityId::Project(id) => Some(id),
            _ => None,
        });
        project.unwrap()
    }
}

pub(crate) async fn results(response: Response) -> Vec<PushResult> {
    assert_eq!(response.status(), StatusCode::OK, "{:?}", response.text().await);
    let response: PushResponse = response.json().await.unwrap();
    response.results.into_iter().map(|result| result.result).collect()
}

pub(crate) fn task_id() -> TaskId {
    TaskId(Uuid::now_v7())
}

pub(crate) fn create(id: TaskId, project: ProjectId, title: &str) -> Op {
    let place = Place { project: Some(project), ..Place::default() };
    let create = Create::new(id).text(TextField::Title, title).value(Field::Place, place);
    Op::Create(create.value(Field::Status, Status::Todo))
}

pub(crate) fn edit(id: TaskId, old: &str, new: &str) -> Op {
    Op::TextEdit(TextEdit { entity: id.into(), field: TextField::Title, delta: Delta::between(old, new) })
}

pub(crate) fn title(row: &Row) -> &str {
    let field = if row.id.kind() == Kind::Task { TextField::Title } else { TextField::Name };
    row.text(field).unwrap()
}

/// What a page says that holds everything.
pub(crate) fn checksum(page: &PullPage) -> Checksum {
    let mut sum = Checksum::default();
    page.rows.iter().for_each(|row| sum.add(row.row.id.uuid(), row.row.ver));
    sum
}

/// Everything an organization's members can change, in numbers: unchanged where nothing has been done.
pub(crate) async fn footprint(server: &Server) -> Vec<(String, i64)> {
    let tables = [
        "organizations",
        "users",
        "devices",
        "memberships",
        "actors",
        "invitations",
        "scopes",
        "entities",
        "departures",
        "prefixes",
        "text_changes",
        "mutations",
        "contents",
        "feeds",
    ];
    let mut owner = server.owner().await;
    let mut counts = Vec::new();
    for table in tables {
        let count = format!("SELECT count(*) FROM {table}");
        let count: i64 = sqlx::query_scalar(AssertSqlSafe(count)).fetch_one(&mut owner).await.unwrap();
        counts.push((table.to_owned(), count));
    }
    let clocks = "SELECT coalesce(sum(ver), 0)::bigint FROM organizations UNION ALL SELECT coalesce(sum(last_n), 0)::bigint FROM actors";
    let clocks: Vec<i64> = sqlx::query_scalar(clocks).fetch_all(&mut owner).await.unwrap();
    counts.extend(clocks.into_iter().map(|clock| ("clock".to_owned(), clock)));
    counts
}

/// The numbers of a push's mutations.
pub(crate) fn numbers(request: &PushRequest) -> Vec<Counter> {
    request.mutations.iter().map(|mutation| mutation.n).collect()
}
