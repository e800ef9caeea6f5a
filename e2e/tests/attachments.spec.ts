// Files that are attached: kept whatever the network does, whole and the same for everybody.

import { randomFile, sha256 } from "../support/panel.ts";
import { expect, test } from "../support/test.ts";
import type { Device } from "../support/device.ts";
import type { Request } from "../support/proxy.ts";

const TASK = "Chart the sound";

const isChunk = ({ path }: Request): boolean => path.includes("/chunks/");

/** Both have the task open, and nothing waits. */
async function meet(ada: Device, bo: Device): Promise<void> {
  await ada.createTask(TASK);
  await ada.expectSynced();
  await bo.sync();
  await ada.open(TASK);
  await bo.open(TASK);
}

test("files that two people attach to one task offline are both kept, the same in both browsers", async ({ team }) => {
  const { ada, bo } = team;
  await meet(ada, bo);
  const [map, log] = [randomFile("map.png", 700_000, "image/png"), randomFile("log.txt", 30, "text/plain")];
  await Promise.all([ada.goOffline(), bo.goOffline()]);
  await ada.panel.attach(map);
  await bo.panel.attach(log);
  await expect(ada.panel.file("map.png")).toContainText("on this device, waiting to be uploaded");
  await ada.expectPill(/^Offline, 1 saved here$/);
  await Promise.all([ada.goOnline(), bo.goOnline()]);
  for (const device of [ada, bo]) {
    await device.expectSynced();
    await device.panel.expectFiles(["log.txt", "map.png"]);
    for (const file of [map, log]) {
      await device.panel.expectStored(file.name);
      expect(await device.panel.hashOf(file.name)).toBe(sha256(file.content));
    }
  }
});

test("a file that is attached offline opens after a cold start, and the team gets it later", async ({ team }) => {
  const { ada, bo } = team;
  await meet(ada, bo);
  const file = randomFile("Fähre — übersicht.pdf", 1_300_000, "application/pdf");
  await ada.goOffline();
  await ada.panel.attach(file);
  await ada.page.reload();
  expect(await ada.panel.hashOf(file.name)).toBe(sha256(file.content));
  const path = new URL(ada.page.url()).pathname;
  await ada.coldStart(path);
  expect(await ada.panel.hashOf(file.name)).toBe(sha256(file.content));

  await ada.goOnline();
  await ada.panel.expectStored(file.name);
  await ada.expectSynced();
  await bo.panel.expectStored(file.name);
  expect(await bo.panel.hashOf(file.name)).toBe(sha256(file.content));

  // What is only with the server is said to be there, and nothing else happens.
  await bo.goOffline();
  await bo.panel.file(file.name).getByRole("button", { name: /^Download / }).click();
  await expect(bo.toast("is not on this device")).toBeVisible();
  // Ada's own copy stays.
  await ada.goOffline();
  expect(await ada.panel.hashOf(file.name)).toBe(sha256(file.content));
});

test("an upload that the network cuts goes on where it was", async ({ team }) => {
  const { ada, bo } = team;
  await meet(ada, bo);
  const file = randomFile("survey.bin", 12 * 512 * 1024);
  let passed = 0;
  ada.proxy.refuse((request) => isChunk(request) && ++passed > 4);
  await ada.panel.attach(file);
  await expect(ada.panel.file(file.name)).toContainText(/uploading|on this device/);
  await expect.poll(() => passed).toBeGreaterThan(5);
  await expect(bo.panel.file(file.name)).toContainText("not uploaded yet from another device");
  // In the middle of it, everything else is saved and sent as ever.
  await ada.createTask("Meanwhile");
  await bo.sync();
  await expect(bo.task("Meanwhile")).toBeVisible();
  await ada.page.reload();
  await expect(ada.panel.file(file.name)).toContainText(/uploading|on this device/);

  const before = ada.proxy.requests.filter(isChunk).length;
  ada.proxy.restore();
  await ada.panel.expectStored(file.name);
  await ada.expectSynced();
  const sent = ada.proxy.requests.filter(isChunk).length - before;
  expect(sent, "what had arrived is not sent again").toBeLessThan(12);
  await bo.panel.expectStored(file.name);
  expect(await bo.panel.hashOf(file.name)).toBe(sha256(file.content));
});

test("when the answers to chunks are lost, the file is there once and whole", async ({ team }) => {
  const { ada, bo } = team;
  await meet(ada, bo);
  const file = randomFile("soundings.csv", 3 * 512 * 1024 + 1, "text/csv");
  ada.proxy.loseAnswers(({ path }) => path.startsWith("/api/attachments"));
  await ada.panel.attach(file);
  await expect.poll(() => ada.proxy.lost.filter(({ path }) => path === "/api/attachments").length).toBeGreaterThan(0);
  ada.proxy.restore();
  await ada.panel.expectStored(file.name);
  await bo.panel.expectStored(file.name);
  expect(await bo.panel.hashOf(file.name)).toBe(sha256(file.content));
  await bo.panel.expectFiles([file.name]);
});

test("a file that one person deletes is gone for the other, and comes back with undo", async ({ team }) => {
  const { ada, bo } = team;
  await meet(ada, bo);
  const files = [randomFile("old.txt", 10, "text/plain"), randomFile("new.txt", 20, "text/plain")];
  await ada.panel.attach(...files);
  await ada.expectSynced();
  await bo.panel.expectFiles(["new.txt", "old.txt"]);
  await bo.panel.file("old.txt").getByRole("button", { name: "Delete old.txt" }).click();
  await bo.panel.expectFiles(["new.txt"]);
  await ada.panel.expectFiles(["new.txt"]);
  await bo.toast("Attachment deleted").getByRole("button", { name: "Undo" }).click();
  for (const device of [ada, bo]) {
    await device.panel.expectFiles(["new.txt", "old.txt"]);
    expect(await device.panel.hashOf("old.txt")).toBe(sha256(files[0]!.content));
  }
});

test("files are attached by dropping and by pasting them", async ({ newMember }) => {
  const { device } = await newMember();
  await device.createTask(TASK);
  await device.open(TASK);
  for (const kind of ["drop", "paste"]) {
    await device.panel.root.evaluate((panel, kind) => {
      const data = new DataTransfer();
      data.items.add(new File(["by hand"], `${kind}.txt`, { type: "text/plain" }));
      const options = { bubbles: true, cancelable: true };
      const event = kind === "drop"
        ? new DragEvent("drop", { ...options, dataTransfer: data })
        : new ClipboardEvent("paste", { ...options, clipboardData: data });
      panel.querySelector(".panel-body")!.dispatchEvent(event);
    }, kind);
    await expect(device.panel.file(`${kind}.txt`)).toBeVisible();
  }
  await device.expectSynced();
  for (const kind of ["drop", "paste"]) {
    expect(await device.panel.hashOf(`${kind}.txt`)).toBe(sha256(Buffer.from("by hand")));
  }
});

test("what was uploaded never runs as a page of the app", async ({ newMember }) => {
  const { device, onServer } = await newMember();
  await device.createTask(TASK);
  await device.open(TASK);
  const page = Buffer.from("<script>document.title = 'taken over'</script>");
  await device.panel.attach({ name: "page.html", type: "text/html", content: page });
  await device.expectSynced();
  await device.panel.expectStored("page.html");
  const headers = await onServer.attachmentHeaders();
  expect(headers.get("content-disposition")).toMatch(/^attachment; filename="page.html"/);
  expect(headers.get("content-security-policy")).toBe("sandbox; default-src 'none'");
  expect(headers.get("x-content-type-options")).toBe("nosniff");
});
