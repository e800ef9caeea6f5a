// The server has done what it was asked, and the device does not learn of it; or something else answers.

import { ApiDevice } from "../support/api.ts";
import { person } from "../support/device.ts";
import { expect, test } from "../support/test.ts";

const isPush = ({ path }: { path: string }): boolean => path.startsWith("/api/sync/push");
const isPull = ({ path }: { path: string }): boolean => path.startsWith("/api/sync/pull");

test("when the answers to pushes are lost, nothing is there twice and nothing is called synced", async ({ team }) => {
  const { ada, bo, onServer } = team;
  ada.proxy.loseAnswers(isPush);
  await ada.createTask("Load the crane");
  await ada.setPriority("Load the crane", "High");
  await expect.poll(() => ada.proxy.lost.length).toBeGreaterThan(1); // it has tried again
  await expect.poll(() => onServer.titles()).toEqual(["Load the crane"]);
  await ada.coldStart("/");
  await expect.poll(() => ada.proxy.lost.length).toBeGreaterThan(3); // and does so after a restart
  await expect(ada.task("Load the crane")).toContainText("Saved here");
  await expect(ada.pill).not.toHaveText("Synced");
  await ada.expectTitles(["Load the crane"]);

  ada.proxy.restore();
  await ada.expectSynced();
  await bo.sync();
  for (const device of [ada, bo]) {
    await device.expectProperty("Load the crane", "Priority", "High");
    await device.expectTitles(["Load the crane"]);
  }
  expect(await onServer.titles()).toEqual(["Load the crane"]);
});

test("a push that was answered is not called synced before a pull has confirmed it", async ({ team }) => {
  const { ada, onServer } = team;
  ada.proxy.loseAnswers(isPull);
  await ada.createTask("Load the crane");
  await expect.poll(() => onServer.titles()).toEqual(["Load the crane"]);
  await expect.poll(() => ada.proxy.lost.length).toBeGreaterThan(1);
  await expect(ada.task("Load the crane")).toContainText("Saved here");
  await expect(ada.pill).not.toHaveText("Synced");
  ada.proxy.restore();
  await ada.expectSynced();
  expect(await onServer.titles()).toEqual(["Load the crane"]);
});

test("the page of a captive portal is taken for no answer", async ({ team }) => {
  const { ada, bo, onServer } = team;
  ada.proxy.portal();
  await ada.createTask("Load the crane");
  await ada.expectPill(/^Offline, 1 saved here$/);
  await ada.coldStart("/"); // the service worker has the shell; nothing of the portal gets in
  await expect(ada.task("Load the crane")).toContainText("Saved here");
  await ada.expectPill(/^Offline, 1 saved here$/);
  ada.proxy.restore();
  await ada.expectSynced();
  await bo.sync();
  await expect(bo.task("Load the crane")).toBeVisible();
  expect(await onServer.titles()).toEqual(["Load the crane"]);
});

test("a server that is restarted while people work is found again", async ({ team, server }) => {
  const { ada, bo } = team;
  await ada.createTask("Before");
  await ada.expectSynced();
  await server.restart();
  await ada.createTask("After");
  await ada.expectSynced();
  await bo.sync();
  for (const title of ["Before", "After"]) await expect(bo.task(title)).toBeVisible();
});

test("requests that their clients give up leave no transaction open for the next ones", async ({ server }) => {
  const device = await ApiDevice.register(server.origin, { ...person("Ada"), organization: "Harbour" });
  const before = server.log.length;
  for (let i = 0; i < 1000; i++) await device.abandonPull();
  for (let i = 0; i < 25; i++) expect(await device.titles()).toEqual([]); // more than there are connections
  // PostgreSQL's own words, where one request had begun inside of what another one left behind.
  expect(server.log.slice(before)).not.toContain("already a transaction in progress");
});
