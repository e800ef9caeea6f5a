// The network between one browser and the server: a TCP proxy that can be cut, slowed down, and made to lose answers.
//
// Needed because what DevTools calls offline does not reach the service worker and leaves open connections silent. Each
// device has a proxy, and therefore a port and an origin, of its own.

import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";

export interface Request {
  method: string;
  path: string;
}

type Match = (request: Request) => boolean;

/** One connection of the browser's, all the way to the server. */
interface Link {
  parser: RequestParser;
  hangs: boolean;
}

/** How the network is. */
type Mode = "open" | "cut" | "portal";

export class TcpProxy {
  /** Every request that has come since the start, in order. */
  readonly requests: Request[] = [];
  /** Requests that reached the server while their answers did not come back. */
  readonly lost: Request[] = [];

  private mode: Mode = "open";
  private delayMs = 0;
  private loses: Match = () => false;
  private refuses: Match = () => false;
  private readonly sockets = new Set<Socket>();
  private readonly links = new Set<Link>();

  private constructor(
    private readonly listener: Server,
    private readonly target: number,
  ) {
    listener.on("connection", (socket) => this.accept(socket));
  }

  static async start(target: number): Promise<TcpProxy> {
    const listener = createServer({ noDelay: true });
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
    return new TcpProxy(listener, target);
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.listener.address() as AddressInfo).port}`;
  }

  /** Ends every connection, and every new one at once. */
  cut(): void {
    this.become("cut");
  }

  /** Lets everything through again, at full speed. */
  restore(): void {
    this.delayMs = 0;
    this.loses = () => false;
    this.refuses = () => false;
    this.become("open");
  }

  /** A captive portal: whatever is asked, the answer is its own page and says 200. */
  portal(): void {
    this.become("portal");
  }

  /** Holds every packet back for so long, in both directions. */
  delay(ms: number): void {
    this.delayMs = ms;
  }

  /** Lets matching requests reach the server and drops their answers, until restored. */
  loseAnswers(match: Match): void {
    this.loses = match;
  }

  /** Cuts the connection of each matching request, until restored: it does not reach the server whole. */
  refuse(match: Match): void {
    this.refuses = match;
  }

  /** Lets the open WebSockets hang: neither side is told anything, and nothing passes any more. New ones work. */
  hangSockets(): void {
    for (const link of this.links) link.hangs ||= link.parser.upgraded;
  }

  async stop(): Promise<void> {
    this.become("cut");
    await new Promise((resolve) => this.listener.close(resolve));
  }

  private become(mode: Mode): void {
    this.mode = mode;
    for (const socket of this.sockets) socket.resetAndDestroy();
  }

  private accept(browser: Socket): void {
    this.keep(browser);
    if (this.mode === "cut") {
      browser.resetAndDestroy();
    } else if (this.mode === "portal") {
      answerAsPortal(browser);
    } else {
      this.join(browser, this.keep(connect({ port: this.target, host: "127.0.0.1", noDelay: true })));
    }
  }

  private keep(socket: Socket): Socket {
    this.sockets.add(socket);
    socket.on("close", () => this.sockets.delete(socket));
    socket.on("error", () => socket.destroy()); // resets are this proxy's business
    return socket;
  }

  private join(browser: Socket, server: Socket): void {
    let unanswered: Request | undefined;
    const parser = new RequestParser((request) => {
      this.requests.push(request);
      unanswered = this.loses(request) ? request : undefined;
      if (this.refuses(request)) browser.resetAndDestroy();
    });
    const link: Link = { parser, hangs: false };
    this.links.add(link);
    const toServer = this.pipe(server);
    const toBrowser = this.pipe(browser);
    browser.on("data", (chunk) => {
      if (link.hangs) return;
      parser.push(chunk);
      if (!browser.destroyed) toServer.write(chunk);
    });
    server.on("data", (chunk) => {
      if (link.hangs) return;
      if (unanswered) {
        // The first byte of an answer says that the server has done what was asked.
        this.lost.push(unanswered);
        browser.resetAndDestroy();
        server.destroy();
      } else {
        toBrowser.write(chunk);
      }
    });
    const end = (other: { end: () => void }): void => void (link.hangs || other.end());
    browser.on("end", () => end(toServer)).on("close", () => end(toServer));
    server.on("end", () => end(toBrowser)).on("close", () => end(toBrowser));
    browser.on("close", () => this.links.delete(link));
  }

  /** Writes with the delay that holds at the time, and never out of order. */
  private pipe(to: Socket): { write: (chunk: Buffer) => void; end: () => void } {
    let queue: Promise<void> | undefined;
    const later = (act: () => void): void => {
      if (!queue && this.delayMs === 0) return act();
      const due = new Promise<void>((resolve) => setTimeout(resolve, this.delayMs));
      queue = (queue ?? Promise.resolve()).then(() => due).then(act);
    };
    return {
      write: (chunk) => later(() => void (to.writable && to.write(chunk))),
      end: () => later(() => void to.end()),
    };
  }
}

function answerAsPortal(browser: Socket): void {
  const page = "<!doctype html><title>Welcome aboard</title><p>Please accept our terms to use the Wi-Fi.";
  const head = `HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: ${page.length}\r\nconnection: close\r\n\r\n`;
  browser.once("data", () => browser.end(head + page));
}

/** Finds the requests in what a browser sends: one after the other on each connection, bodies with a length. */
class RequestParser {
  private head = "";
  private bodyLeft = 0;
  /** What follows is no HTTP any more. */
  upgraded = false;

  constructor(private readonly found: (request: Request) => void) {}

  push(chunk: Buffer): void {
    let rest = chunk.toString("latin1"); // one character per byte
    while (rest !== "" && !this.upgraded) {
      const body = Math.min(this.bodyLeft, rest.length);
      this.bodyLeft -= body;
      this.head += rest.slice(body);
      rest = "";
      const end = this.head.indexOf("\r\n\r\n");
      if (end < 0) return;
      rest = this.head.slice(end + 4);
      this.read(this.head.slice(0, end));
      this.head = "";
    }
  }

  private read(head: string): void {
    const [method = "", path = ""] = head.split(" ", 2);
    this.bodyLeft = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
    this.upgraded = /^upgrade: *websocket/im.test(head);
    this.found({ method, path });
  }
}
