// What one does, the others see at once: the server pokes, and the poke may fail.

import type { Device } from "../support/device.ts";
import { expect, test } from "../support/test.ts";

const sockets = ({ proxy }: Device): number => proxy.requests.filter(({ path }) => path.startsWith("/api/ws?")).length;

/** Right after a look at the server: the next one without a poke is 30 seconds away, longer than anything is waited for. */
async function haveLooked(device: Device): Promise<void> {
  const pulls = () => device.proxy.requests.filter(({ path }) => path.startsWith("/api/sync/pull")).length;
  const before = pulls();
  await device.sync();
  await expect.poll(pulls).toBeGreaterThan(before);
  await device.expectSynced();
}

test("what one member does appears at the other's without waiting", async ({ team: { ada, bo } }) => {
  await expect.poll(() => Math.min(sockets(ada), sockets(bo))).toBe(1);
  await haveLooked(ada);
  await bo.createTask("From Bo");
  await expect(ada.task("From Bo")).toBeVisible();
  await haveLooked(bo);
  await ada.rename("From Bo", "From Bo and Ada");
  await expect(bo.task("From Bo and Ada")).toBeVisible();
  // One socket each has done it.
  expect([sockets(ada), sockets(bo)]).toEqual([1, 1]);
});

test("one member's second device hears of it, and so does a tab that does not sync", async ({ newDevice, newMember }) => {
  const { device: desk, who } = await newMember();
  const phone = await newDevice();
  await phone.signIn(who);
  const leader = phone.page;
  await phone.newTab();
  await phone.expectSynced();
  phone.page = leader;
  await haveLooked(phone);
  await desk.createTask("At the desk");
  for (const page of phone.context.pages()) await expect(phone.task("At the desk", page)).toBeVisible();
  expect(sockets(phone), "the tabs share one socket").toBe(1);
});

test("after the network was away the socket is opened again", async ({ team: { ada, bo } }) => {
  await expect.poll(() => sockets(ada)).toBe(1);
  await ada.goOffline();
  await bo.createTask("Meanwhile");
  await ada.goOnline();
  await expect(ada.task("Meanwhile")).toBeVisible();
  await expect.poll(() => sockets(ada)).toBe(2);
  await haveLooked(ada);
  await bo.createTask("Afterwards");
  await expect(ada.task("Afterwards")).toBeVisible();
});

test("a socket that dies in silence costs time and no work, and is replaced", async ({ team: { ada, bo } }) => {
  test.slow(); // a minute passes before a connection counts as dead
  await expect.poll(() => sockets(ada)).toBe(1);
  ada.proxy.hangSockets();
  await bo.createTask("Into the void");
  await expect(ada.task("Into the void")).toBeVisible({ timeout: 60_000 });
  await expect.poll(() => sockets(ada), { timeout: 90_000 }).toBe(2);
  await haveLooked(ada);
  await bo.createTask("Heard again");
  await expect(ada.task("Heard again")).toBeVisible();
});

test("a restarted server finds its devices again", async ({ server, team: { ada, bo } }) => {
  await expect.poll(() => Math.min(sockets(ada), sockets(bo))).toBe(1);
  await server.restart();
  await expect.poll(() => Math.min(sockets(ada), sockets(bo)), { timeout: 60_000 }).toBeGreaterThan(1);
  await ada.expectSynced();
  await haveLooked(ada);
  await bo.createTask("On the new one");
  await expect(ada.task("On the new one")).toBeVisible();
});
