// Whoever does not use the browser: a program with a token, and somebody in a terminal.

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Credentials } from "./api.ts";

type Json = Record<string, unknown>;

/** What a client of an earlier system is answered (docs/api.md). */
interface Earlier {
  acknowledged: Json[];
  serverUpdates: { items: Json[] };
  syncTimestamp: string;
}

/** A program that works in a member's name. */
export class Program {
  constructor(private readonly origin: string, private readonly token: string) {}

  async rest(method: string, path: string, body?: object): Promise<Json> {
    const headers = { authorization: `Bearer ${this.token}`, "content-type": "application/json" };
    const response = await fetch(this.origin + path, { method, headers, body: body && JSON.stringify(body) });
    const said = (await response.json()) as Json;
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(said)}`);
    return said;
  }

  async graphql(query: string, variables: Json): Promise<Json> {
    const { data, errors } = await this.rest("POST", "/api/graphql", { query, variables });
    if (errors) throw new Error(JSON.stringify(errors));
    return data as Json;
  }

  /** A round of a client that has its own clock, and knows everything up to a time. */
  async earlier(lastSyncTimestamp: string | null, changes: Json[]): Promise<Earlier> {
    const body = { deviceId: "Kitchen tablet", lastSyncTimestamp, changes };
    return (await this.rest("POST", "/api/sync", body)).data as Earlier;
  }
}

/** Somebody in a terminal, with a copy of their own. */
export class Terminal {
  private constructor(private readonly home: string) {}

  static async signIn(origin: string, { email, password }: Credentials): Promise<Terminal> {
    const terminal = new Terminal(mkdtempSync(join(tmpdir(), "tern-terminal-")));
    await terminal.start(["login", origin, "--email", email, "--password-stdin"], `${password}\n`);
    return terminal;
  }

  /** What a command prints. */
  run(...words: string[]): Promise<string> {
    return this.start(words, "");
  }

  remove(): void {
    rmSync(this.home, { recursive: true, force: true });
  }

  private start(words: string[], input: string): Promise<string> {
    const child = spawn(program(), words, { env: { ...process.env, TERN_HOME: this.home } });
    let [printed, complaints] = ["", ""];
    child.stdout.on("data", (data: Buffer) => (printed += data.toString()));
    child.stderr.on("data", (data: Buffer) => (complaints += data.toString()));
    child.stdin.end(input);
    return new Promise((done, failed) => {
      child.on("error", failed);
      child.on("close", (code) => {
        if (code === 0) done(printed);
        else failed(new Error(`tern ${words.join(" ")} ended with ${code}: ${complaints}`));
      });
    });
  }
}

function program(): string {
  const path = process.env.TERN_CLI;
  if (!path || !existsSync(path)) throw new Error("There is no tern: run scripts/e2e.sh, or set TERN_CLI to its path");
  return path;
}
