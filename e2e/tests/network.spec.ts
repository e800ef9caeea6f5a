// The proxy that the other journeys rely on does what it says.

import { Agent, createServer, request, type Server } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { once } from "node:events";
import { TcpProxy } from "../support/proxy.ts";
import { expect, test as base } from "../support/test.ts";

const test = base.extend<{ echo: Server; wire: TcpProxy; reached: string[] }>({
  reached: async ({}, use) => use([]),
  echo: async ({ reached }, use) => {
    const server = createServer(async (request, response) => {
      let body = "";
      for await (const chunk of request) body += String(chunk);
      reached.push(`${request.method} ${request.url}`);
      response.end(body);
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    await use(server);
    server.closeAllConnections();
    server.close();
  },
  wire: async ({ echo }, use) => {
    const wire = await TcpProxy.start((echo.address() as AddressInfo).port);
    await use(wire);
    await wire.stop();
  },
});

/** Posts through the wire, on one connection that stays open; resolves with the answer or the error's code. */
function post(proxy: TcpProxy, agent: Agent, path: string, body = ""): Promise<string> {
  return new Promise((resolve) => {
    const sent = request(proxy.origin + path, { method: "POST", agent }, async (response) => {
      let answer = "";
      for await (const chunk of response) answer += String(chunk);
      resolve(answer);
    });
    sent.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "error"));
    sent.end(body);
  });
}

/** A connection that has become a WebSocket, as far as the wire can tell. */
async function upgrade(proxy: TcpProxy): Promise<Socket> {
  const headers = { connection: "Upgrade", upgrade: "websocket" };
  const [, socket] = (await once(request(`${proxy.origin}/ws`, { agent: false, headers }).end(), "upgrade")) as [unknown, Socket];
  return socket.on("error", () => socket.destroy()); // the wire is cut in the end
}

test.describe("The proxy between a browser and the server", () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  test.afterAll(() => agent.destroy());

  test("passes everything on and knows the requests, however they are cut into packets", async ({ wire }) => {
    expect(await post(wire, agent, "/one", "GET /not-a-request HTTP/1.1\r\n\r\n")).toContain("not-a-request");
    expect(await post(wire, agent, "/two")).toBe("");
    const socket = connect(Number(new URL(wire.origin).port), "127.0.0.1");
    for (const byte of "POST /three HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcGET /four HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n") {
      socket.write(byte);
    }
    let answers = "";
    for await (const chunk of socket) answers += String(chunk);
    expect(answers.match(/200 OK/g)).toHaveLength(2);
    expect(wire.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "POST /one",
      "POST /two",
      "POST /three",
      "GET /four",
    ]);
  });

  test("loses the answers it is told to lose, after the server has done its work", async ({ wire, reached }) => {
    wire.loseAnswers(({ path }) => path === "/push");
    expect(await post(wire, agent, "/other", "kept")).toBe("kept");
    expect(await post(wire, agent, "/push", "lost")).toBe("ECONNRESET");
    expect(reached).toContain("POST /push");
    expect(wire.lost).toHaveLength(reached.filter((line) => line === "POST /push").length);
    wire.restore();
    expect(await post(wire, agent, "/push", "answered")).toBe("answered");
  });

  test("passes WebSockets on, and lets the open ones hang", async ({ echo, wire }) => {
    echo.on("upgrade", (_, socket: Socket) => {
      socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
      socket.on("error", () => socket.destroy()); // the wire is cut in the end
      socket.pipe(socket);
    });
    const [first, second] = [await upgrade(wire), await upgrade(wire)];
    first.write("GET /no-request HTTP/1.1\r\n\r\n");
    expect(String((await once(first, "data"))[0])).toContain("no-request");
    expect(wire.requests).toEqual([{ method: "GET", path: "/ws" }, { method: "GET", path: "/ws" }]);

    wire.hangSockets();
    let heard = "";
    for (const socket of [first, second]) socket.on("data", (chunk) => (heard += String(chunk))).write("lost");
    const third = await upgrade(wire);
    third.write("new");
    expect(String((await once(third, "data"))[0])).toBe("new");
    expect(await post(wire, agent, "/other", "as ever")).toBe("as ever");
    const closed = Promise.all([first, second].map((socket) => new Promise((resolve) => socket.on("close", resolve))));
    wire.cut();
    await closed;
    expect(heard).toBe("");
  });

  test("can be cut, be slow and be a captive portal", async ({ wire, reached }) => {
    wire.cut();
    expect(await post(wire, agent, "/cut")).toBe("ECONNRESET");
    wire.portal();
    expect(await post(wire, agent, "/portal")).toContain("accept our terms");
    expect(reached).toEqual([]);
    wire.restore();
    wire.delay(100);
    const start = performance.now();
    expect(await post(wire, agent, "/slow", "slow")).toBe("slow");
    expect(performance.now() - start).toBeGreaterThan(195); // there and back
  });
});
