// A device without a user interface: speaks the server's protocol directly. It looks at what the server really holds,
// and plays what a browser cannot be brought to do.

import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { chain, NO_HISTORY } from "./hash.ts";

const SCHEMA = 2;
const PULL = "/api/sync/pull";

export interface Account {
  user: string;
  name: string;
  email: string;
  organization: string;
  organization_name: string;
  actor: number;
  epoch: string;
}

export interface Credentials {
  email: string;
  password: string;
}

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
}

/** A task as the server holds it: of every register all values that stand. */
export interface TaskRow {
  id: string;
  title: string;
  description: string;
  notes: string;
  status: unknown[];
  priority: unknown[];
  due: unknown[];
  assignees: unknown[];
  place: unknown[];
  /** What lost, and was then overwritten by somebody who had seen that it had. */
  lost: unknown[];
  tags: Record<string, unknown>;
  life: unknown[];
  /** [actor, number on its device, version, what was seen, time] */
  created: Stamp;
}

export interface ProjectRow {
  id: string;
  name: string;
}

export interface CommentRow {
  id: string;
  body: string;
  task: string;
  deleted: boolean;
}

type Stamp = [number, number, number, number, number];

export interface Row {
  /** What kind of row it is, and its id. */
  id: Record<string, string>;
  ver: number;
  created: Stamp;
  life: unknown[];
  texts: Record<string, string>;
  /** A value is `"nothing"`, or an object whose only key says what kind of value it is. */
  values: Record<string, { stamp: Stamp; value: "nothing" | Record<string, unknown> }[]>;
  tags: Record<string, unknown>;
  lost: { field: string; value: "nothing" | Record<string, unknown> }[];
}

/** The values of a field that stand, in the server's order. */
export function values(row: Row, field: string): unknown[] {
  return (row.values[field] ?? []).map(({ value }) => plain(value));
}

function plain(value: "nothing" | Record<string, unknown>): unknown {
  return value === "nothing" ? null : Object.values(value)[0];
}

function task(row: Row): TaskRow[] {
  const id = row.id.task;
  if (id === undefined) return [];
  const { title = "", description = "", notes = "" } = row.texts;
  return [{
    id,
    title,
    description,
    notes,
    status: values(row, "status"),
    priority: values(row, "priority"),
    due: values(row, "due"),
    assignees: values(row, "assignees"),
    place: values(row, "place"),
    lost: row.lost.map(({ value }) => plain(value)),
    tags: row.tags,
    life: row.life,
    created: row.created,
  }];
}

function comment(row: Row): CommentRow[] {
  const id = row.id.comment;
  if (id === undefined) return [];
  const { task } = values(row, "subject")[0] as { task: string };
  return [{ id, body: row.texts.body ?? "", task, deleted: row.life.length > 0 }];
}

function project(row: Row): ProjectRow[] {
  const id = row.id.project;
  return id === undefined ? [] : [{ id, name: row.texts.name ?? "" }];
}

interface PullPage {
  epoch: string;
  rows: { row: Row }[];
  /** The scopes that are open, where the request named others. */
  open: string[] | null;
  cursor: number;
  more: boolean;
  last_mutation: { n: number; hash: string };
}

export type Result = { accepted: string } | { rejected: unknown };

/** A UUIDv7 (RFC 9562, 5.7). */
export function uuid(now = Date.now()): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(now, 0, 6);
  bytes[6] = 0x70 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

export class ApiError extends Error {
  constructor(readonly problem: Problem) {
    super(`${problem.status} ${problem.type}: ${problem.detail}`);
  }
}

export class ApiDevice {
  private n = 0;
  private hash = NO_HISTORY;

  private constructor(
    private readonly origin: string,
    private readonly access: string,
    readonly account: Account,
  ) {}

  static register(origin: string, details: Credentials & { organization: string; name: string }): Promise<ApiDevice> {
    return ApiDevice.open(origin, "register", details);
  }

  static join(origin: string, details: Credentials & { invitation: string; name: string }): Promise<ApiDevice> {
    return ApiDevice.open(origin, "register", details);
  }

  static signIn(origin: string, { email, password }: Credentials): Promise<ApiDevice> {
    return ApiDevice.open(origin, "login", { email, password });
  }

  private static async open(origin: string, door: string, details: object): Promise<ApiDevice> {
    const body = JSON.stringify({ ...details, device: { id: uuid(), name: "Test" } });
    const headers = { "content-type": "application/json" };
    const session = await answer(await fetch(`${origin}/api/auth/${door}`, { method: "POST", headers, body }));
    const { access_token, account } = session as { access_token: string; account: Account };
    return new ApiDevice(origin, access_token, account);
  }

  /** The secret part of a link with which one person can join. */
  async invite(): Promise<string> {
    const headers = { authorization: `Bearer ${this.access}` };
    const made = await answer(await fetch(`${this.origin}/api/invitations`, { method: "POST", headers }));
    return (made as { token: string }).token;
  }

  /** A token for a program that works in this member's name. */
  async token(access: "read" | "write"): Promise<string> {
    const headers = { "content-type": "application/json", authorization: `Bearer ${this.access}` };
    const body = JSON.stringify({ name: "Test", access });
    const made = await answer(await fetch(`${this.origin}/api/tokens`, { method: "POST", headers, body }));
    return (made as { token: string }).token;
  }

  /** Everything the organization has. */
  async pull(): Promise<Row[]> {
    const rows: Row[] = [];
    const scopes = (await this.pullPage(0, [])).open ?? [];
    let page: PullPage | undefined;
    do {
      page = await this.pullPage(page?.cursor ?? 0, scopes);
      rows.push(...page.rows.map(({ row }) => row));
    } while (page.more);
    return rows;
  }

  /** Asks for everything and hangs up within a few milliseconds, at whatever point the server then is. */
  async abandonPull(): Promise<void> {
    const { port, host } = new URL(this.origin);
    const socket = connect({ port: Number(port), host: "127.0.0.1", noDelay: true });
    await once(socket, "connect");
    const { body, headers } = this.pullRequest(0, ["everyone"]);
    const lines = Object.entries({ host, ...headers, "content-length": Buffer.byteLength(body) });
    const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
    socket.write(`POST ${PULL} HTTP/1.1\r\n${head}\r\n${body}`);
    const until = performance.now() + Math.random() * 3;
    while (performance.now() < until) await new Promise(setImmediate); // timers are too coarse
    socket.resetAndDestroy();
  }

  private async pullPage(cursor: number, scopes: string[]): Promise<PullPage> {
    const response = await fetch(this.origin + PULL, { method: "POST", ...this.pullRequest(cursor, scopes) });
    return ((await answer(response)) as { page: PullPage }).page;
  }

  private pullRequest(cursor: number, scopes: string[]): { headers: Record<string, string>; body: string } {
    const { actor, epoch } = this.account;
    const headers = { "content-type": "application/json", authorization: `Bearer ${this.access}` };
    const request = { schema: SCHEMA, actor, epoch, cursor, seen: 0, confirmed: this.n, scopes };
    return { headers, body: JSON.stringify(request) };
  }

  async tasks(): Promise<TaskRow[]> {
    return (await this.pull()).flatMap(task);
  }

  /** The only task with this title. */
  async task(title: string): Promise<TaskRow> {
    const found = (await this.tasks()).filter((task) => task.title === title);
    if (found.length !== 1) throw new Error(`The server has ${found.length} tasks with the title ${title}`);
    return found[0]!;
  }

  async comments(): Promise<CommentRow[]> {
    return (await this.pull()).flatMap(comment);
  }

  /** What the server says of the content of the only attachment. */
  async attachmentHeaders(): Promise<Headers> {
    const [id] = (await this.pull()).flatMap((row) => row.id.attachment ?? []);
    const headers = { authorization: `Bearer ${this.access}` };
    const response = await fetch(`${this.origin}/api/attachments/${id}`, { headers });
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`The server answers ${response.status}`);
    return response.headers;
  }

  async projects(): Promise<ProjectRow[]> {
    return (await this.pull()).flatMap(project);
  }

  /** How often each title is there, the deleted ones left out. */
  async titles(): Promise<string[]> {
    return (await this.tasks()).filter(({ life }) => life.length === 0).map(({ title }) => title).sort();
  }

  /** Does what the operations say, each with everything seen that there is. */
  async push(ops: object[]): Promise<Result[]> {
    const mutations = ops.map((op) => {
      const [id, prev_hash, n] = [uuid(), this.hash, ++this.n];
      this.hash = chain(prev_hash, n, id);
      return { n, id, prev_hash, ctx: 0, at: Date.now(), op };
    });
    const { actor, epoch } = this.account;
    const response = await fetch(`${this.origin}/api/sync/push`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${this.access}` },
      body: JSON.stringify({ schema: SCHEMA, actor, epoch, mutations }),
    });
    const { results } = (await answer(response)) as { results: { n: number; result: Result }[] };
    return results.map(({ result }) => result);
  }
}

async function answer(response: Response): Promise<unknown> {
  const body: unknown = await response.json();
  if (!response.ok) throw new ApiError(body as Problem);
  return body;
}
