// Publishes another build of the app: the same app, recognizable by its build id.

import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TernServer } from "./server.ts";

interface Manifest {
  build: string;
  files: { url: string; sha256: string; size: number }[];
}

const MANIFEST = /^const MANIFEST = (\{.*\});$/m;
// Trunk writes a hash as a number: one that begins with zeros is shorter.
const HASH_IN_NAME = /-([0-9a-f]{12,16})(?=[._])/g;
const TEXT = /\.(html|js|css|svg|webmanifest)$/;

export class Releases {
  private original: string | undefined;

  constructor(private readonly server: TernServer) {}

  /** What the server serves now. */
  get manifest(): Manifest {
    const line = MANIFEST.exec(readFileSync(this.path("/sw.js"), "utf8"));
    if (!line?.[1]) throw new Error("sw.js carries no manifest");
    return JSON.parse(line[1]) as Manifest;
  }

  /** Publishes a build with this id (16 hex digits), all of whose hashed files have new names. */
  publish(build: string): void {
    this.keepOriginal();
    const { manifest } = this;
    const renamed = (text: string): string =>
      text.replaceAll(manifest.build, build).replaceAll(HASH_IN_NAME, (_, hash) => `-${sha256(build + hash).slice(0, 16)}`);
    const files = manifest.files.map(({ url }) => {
      const content = readFileSync(this.path(url));
      const next = TEXT.test(this.path(url)) ? Buffer.from(renamed(content.toString())) : content;
      rmSync(this.path(url));
      this.write(renamed(url), next);
      return { url: renamed(url), sha256: sha256(next), size: next.length };
    });
    const worker = readFileSync(this.path("/sw.js"), "utf8");
    const line = `const MANIFEST = ${JSON.stringify({ build, files })};`;
    this.write("/sw.js", Buffer.from(worker.replace(MANIFEST, () => line)));
  }

  /** Spoils a published file behind the back of its manifest: same length, other bytes. */
  spoil(url: string): void {
    this.keepOriginal();
    const content = readFileSync(this.path(url));
    content[content.length - 1]! ^= 1;
    this.write(url, content);
  }

  /** Brings back the build that the tests came with. */
  restore(): void {
    if (!this.original) return;
    rmSync(this.server.dist, { recursive: true });
    cpSync(this.original, this.server.dist, { recursive: true, preserveTimestamps: true });
    rmSync(this.original, { recursive: true });
    this.original = undefined;
  }

  private keepOriginal(): void {
    if (this.original) return;
    this.original = mkdtempSync(join(tmpdir(), "tern-dist-"));
    cpSync(this.server.dist, this.original, { recursive: true, preserveTimestamps: true });
  }

  private path(url: string): string {
    return join(this.server.dist, url === "/" ? "index.html" : url);
  }

  private write(url: string, content: Buffer): void {
    writeFileSync(this.path(url), content);
    for (const suffix of [".br", ".gz"]) rmSync(this.path(url) + suffix, { force: true }); // of other content now
  }
}

function sha256(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}
