// The real server with a PostgreSQL of its own and its own copy of the built app, so that a test may publish another.

import { spawn, type ChildProcess } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const STOP_MS = 15_000;

export class TernServer {
  /** Any that is free at first, then the same. */
  port = 0;
  private process: ChildProcess | undefined;
  private output = "";

  private constructor(private readonly directory: string) {}

  static async start(): Promise<TernServer> {
    const server = new TernServer(mkdtempSync(join(tmpdir(), "tern-e2e-")));
    cpSync(builtApp(), server.dist, { recursive: true, preserveTimestamps: true });
    await server.run();
    return server;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The files it serves. */
  get dist(): string {
    return join(this.directory, "dist");
  }

  /** What it has written so far. */
  get log(): string {
    return this.output;
  }

  /** Stops the process and starts it again on the same data. */
  async restart(): Promise<void> {
    await this.end();
    await this.run();
  }

  async stop(): Promise<void> {
    await this.end();
    rmSync(this.directory, { recursive: true, force: true });
  }

  private async run(): Promise<void> {
    const env = {
      ...process.env,
      PORT: String(this.port),
      TERN_DATA_DIR: join(this.directory, "data"),
      TERN_DIST: this.dist,
      DATABASE_URL: undefined, // never that of whoever runs the tests
    };
    const child = spawn(program(), { env, stdio: ["ignore", "pipe", "pipe"] });
    this.process = child;
    this.port = await new Promise<number>((serving, failed) => {
      const listen = (data: Buffer): void => {
        this.output += data.toString();
        const port = /^Tern serves at http:\/\/\S+:(\d+)$/m.exec(this.output)?.[1];
        if (port) serving(Number(port));
      };
      child.stdout.on("data", listen);
      child.stderr.on("data", listen);
      child.on("error", failed);
      child.on("exit", (code) => failed(new Error(`The server ended with ${code} before it served:\n${this.output}`)));
    });
  }

  private async end(): Promise<void> {
    const child = this.process;
    if (!child || child.exitCode !== null) return;
    const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
    const deadline = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    child.kill("SIGTERM");
    const code = await ended;
    clearTimeout(deadline);
    this.output = "";
    if (code !== 0) throw new Error(`The server did not stop well within ${STOP_MS} ms of SIGTERM: ${code}`);
  }
}

function program(): string {
  const target = process.env.CARGO_TARGET_DIR ?? join(ROOT, "target");
  const candidates = [process.env.TERN_SERVER, join(target, "release/tern-server"), join(target, "debug/tern-server")];
  const found = candidates.find((path) => path && existsSync(path));
  if (!found) throw new Error("There is no tern-server: run scripts/build.sh, or set TERN_SERVER to its path");
  return found;
}

function builtApp(): string {
  const dist = process.env.TERN_DIST ?? join(ROOT, "dist");
  if (!existsSync(join(dist, "sw.js"))) throw new Error(`There is no built app in ${dist}: run scripts/build.sh`);
  return dist;
}
