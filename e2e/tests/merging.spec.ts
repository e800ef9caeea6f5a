// Two people change the same task while both are offline.

import type { Device } from "../support/device.ts";
import { expect, test } from "../support/test.ts";

type Work = [() => Promise<void>, () => Promise<void>];

/** Both lose the network, each does something, both come back: the first of them reaches the server first. */
async function apart(first: Device, second: Device, work: Work, outcome = "Synced"): Promise<void> {
  await Promise.all([first.goOffline(), second.goOffline()]);
  await work[0]();
  await work[1]();
  await first.goOnline();
  await first.expectSynced();
  await second.goOnline();
  await second.expectSent();
  await second.expectPill(outcome);
  await first.sync();
  await first.expectPill(outcome);
}

/** Ada makes a task, and both see it. */
async function shared({ ada, bo }: { ada: Device; bo: Device }, title: string): Promise<void> {
  await ada.createTask(title);
  await ada.expectSynced();
  await bo.sync();
  await expect(bo.task(title)).toBeVisible();
  await bo.expectSynced();
}

for (const order of ["Ada", "Bo"]) {
  test(`two edits of one title become one title with both, ${order}'s first`, async ({ team }) => {
    const { ada, bo, onServer } = team;
    await shared(team, "Hello world");
    const work = [
      () => ada.rename("Hello world", "Hello beautiful world"),
      () => bo.rename("Hello world", "Hello world!"),
    ] as const;
    if (order === "Ada") await apart(ada, bo, [...work]);
    else await apart(bo, ada, [work[1], work[0]]);

    for (const device of [ada, bo]) {
      await expect(device.task("Hello beautiful world!")).toBeVisible();
      await device.expectTitles(["Hello beautiful world!"]);
      await device.expectSynced();
    }
    expect(await onServer.titles()).toEqual(["Hello beautiful world!"]);
  });
}

test("several edits of a title, each in turn offline, keep every character that nobody took away", async ({ team }) => {
  const { ada, bo, onServer } = team;
  await shared(team, "Größe 👨‍👩‍👧 prüfen");
  await apart(ada, bo, [
    async () => {
      await ada.rename("Größe 👨‍👩‍👧 prüfen", "Die Größe 👨‍👩‍👧 prüfen");
      await ada.rename("Die Größe 👨‍👩‍👧 prüfen", "Die Größe 👨‍👩‍👧 genau prüfen");
    },
    async () => {
      await bo.rename("Größe 👨‍👩‍👧 prüfen", "Größe 👨‍👩‍👧 prüfen 🚢");
      await bo.rename("Größe 👨‍👩‍👧 prüfen 🚢", "Größe 👨‍👩‍👧 prüfen 🚢 heute");
    },
  ]);
  const merged = "Die Größe 👨‍👩‍👧 genau prüfen 🚢 heute";
  for (const device of [ada, bo]) await expect(device.task(merged)).toBeVisible();
  expect(await onServer.titles()).toEqual([merged]);
});

test("of two priorities the higher stands", async ({ team }) => {
  const { ada, bo } = team;
  await shared(team, "Dredge the basin");
  await apart(ada, bo, [
    () => ada.setPriority("Dredge the basin", "High"),
    () => bo.setPriority("Dredge the basin", "Medium"),
  ]);
  for (const device of [ada, bo]) await device.expectProperty("Dredge the basin", "Priority", "High");
});

test("a priority that its author took back does not win", async ({ team }) => {
  const { ada, bo } = team;
  await shared(team, "Dredge the basin");
  await apart(ada, bo, [
    async () => {
      await ada.setPriority("Dredge the basin", "Urgent");
      await ada.setPriority("Dredge the basin", "Low");
    },
    () => bo.setPriority("Dredge the basin", "Medium"),
  ]);
  for (const device of [ada, bo]) await device.expectProperty("Dredge the basin", "Priority", "Medium");
});

test("of two statuses the one further along stands", async ({ team }) => {
  const { ada, bo } = team;
  await shared(team, "Paint the buoys");
  await apart(ada, bo, [
    () => ada.setStatus("Paint the buoys", "In review"),
    () => bo.setStatus("Paint the buoys", "In progress"),
  ]);
  for (const device of [ada, bo]) await device.expectProperty("Paint the buoys", "Status", "In review");
});

test("done against cancelled is left to a person, and everybody is told", async ({ team }) => {
  const { ada, bo } = team;
  await shared(team, "Paint the buoys");
  await apart(ada, bo, [
    () => ada.setStatus("Paint the buoys", "Done"),
    () => bo.setStatus("Paint the buoys", "Cancelled"),
  ], "1 needs attention");
  for (const device of [ada, bo]) {
    await device.expectProperty("Paint the buoys", "Status", "Done");
    await expect(device.task("Paint the buoys")).toContainText("Needs attention");
  }
  await bo.setStatus("Paint the buoys", "Cancelled");
  await bo.expectSynced();
  await ada.sync();
  for (const device of [ada, bo]) {
    await device.expectProperty("Paint the buoys", "Status", "Cancelled");
    await device.expectSynced();
  }
});

test("of two due dates the earlier stands, and a date beats none", async ({ team }) => {
  const { ada, bo } = team;
  await shared(team, "Order chains");
  await apart(ada, bo, [() => ada.setDue("Order chains", "2031-06-02"), () => bo.setDue("Order chains", "2031-05-04")]);
  for (const device of [ada, bo]) await device.expectDue("Order chains", /4.*2031|2031.*4/);
  await apart(ada, bo, [() => ada.setDue("Order chains", "2032-01-01"), () => bo.removeDue("Order chains")]);
  for (const device of [ada, bo]) await device.expectDue("Order chains", /2032/);
});

test("tags of both are kept, and a tag put on anew outlives a removal that had not seen it", async ({ team }) => {
  const { ada, bo } = team;
  await shared(team, "Survey the wreck");
  await apart(ada, bo, [() => ada.addTag("Survey the wreck", "deep"), () => bo.addTag("Survey the wreck", "boat")]);
  for (const device of [ada, bo]) await device.expectTags("Survey the wreck", ["boat", "deep"]);

  await apart(ada, bo, [
    () => ada.removeTag("Survey the wreck", "deep"),
    async () => {
      await bo.removeTag("Survey the wreck", "deep");
      await bo.addTag("Survey the wreck", "deep");
      await bo.removeTag("Survey the wreck", "boat");
    },
  ]);
  for (const device of [ada, bo]) await device.expectTags("Survey the wreck", ["deep"]);
});

test("a deletion wins over an edit, and the edit comes back with a restore", async ({ team }) => {
  const { ada, bo } = team;
  await shared(team, "Sell the tug");
  const id = await ada.taskId("Sell the tug");
  await apart(ada, bo, [() => ada.delete("Sell the tug"), () => bo.rename("Sell the tug", "Sell the old tug")]);
  for (const device of [ada, bo]) await device.expectTitles([]);

  await bo.visit(`/t/${id}`);
  await bo.page.getByRole("button", { name: "Restore" }).click();
  await expect(bo.task("Sell the old tug")).toBeVisible();
  await bo.expectSynced();
  await ada.sync();
  await expect(ada.task("Sell the old tug")).toBeVisible();
});
