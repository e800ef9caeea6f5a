// A deletion wins over an edit that did not know of it; the edit is kept, and its author is told.

import { apart, shared } from "../support/apart.ts";
import { expect, test } from "../support/test.ts";

test("a deletion wins over an edit, whose author is told and can bring both back", async ({ team }) => {
  const { ada, bo, onServer } = team;
  await shared(team, "Sell the tug");
  await apart(ada, bo, [() => ada.delete("Sell the tug"), () => bo.rename("Sell the tug", "Sell the old tug")]);
  for (const device of [ada, bo]) await device.expectTitles([]);
  expect((await onServer.task("Sell the old tug")).life).toHaveLength(1);

  const told = /“Sell the old tug” was deleted by .+ while you were editing it\./;
  await expect(ada.page.getByText(told)).toHaveCount(0);
  await expect(bo.page.getByText(told)).toBeVisible();
  await bo.page.getByRole("button", { name: "Restore with my changes" }).click();
  await expect(bo.task("Sell the old tug")).toBeVisible();
  await expect(bo.page.getByText(told)).toHaveCount(0);
  await bo.expectSynced();
  await ada.sync();
  await expect(ada.task("Sell the old tug")).toBeVisible();
  expect(await onServer.titles()).toEqual(["Sell the old tug"]);
});

test("whoever leaves it deleted is not asked again, on no device", async ({ team }) => {
  const { ada, bo, onServer } = team;
  await shared(team, "Sell the tug");
  await apart(ada, bo, [() => ada.delete("Sell the tug"), () => bo.setPriority("Sell the tug", "High")]);
  await expect(bo.page.getByText(/was deleted by/)).toBeVisible();
  await bo.coldStart("/");
  await expect(bo.page.getByText(/was deleted by/)).toBeVisible();
  await bo.page.getByRole("button", { name: "Leave deleted" }).click();
  await expect(bo.page.getByText(/was deleted by/)).toHaveCount(0);
  await bo.expectSynced();
  await bo.coldStart("/");
  await bo.expectSynced();
  await expect(bo.page.getByText(/was deleted by/)).toHaveCount(0);
  expect(await onServer.titles()).toEqual([]);
});

test("an open task that is deleted says so, and comes back with what was edited meanwhile", async ({ team }) => {
  const { ada, bo, onServer } = team;
  await shared(team, "Sell the tug");
  await bo.open("Sell the tug");
  await apart(ada, bo, [
    () => ada.delete("Sell the tug"),
    () => bo.panel.write("Description", "It still floats."),
  ]);
  await expect(bo.panel.root.getByText(/deleted this task/)).toBeVisible();
  await bo.panel.expectText("Description", "It still floats.");
  await bo.panel.root.getByRole("button", { name: "Restore" }).click();
  await expect(bo.task("Sell the tug")).toBeVisible();
  await bo.expectSynced();
  await ada.sync();
  await ada.open("Sell the tug");
  await ada.panel.expectText("Description", "It still floats.");
  const { description, life } = await onServer.task("Sell the tug");
  expect([description, life]).toEqual(["It still floats.", []]);
});

test("an edit that knew of the deletion is no question to anybody", async ({ team }) => {
  const { ada, bo } = team;
  await shared(team, "Sell the tug");
  const id = await ada.taskId("Sell the tug");
  await ada.delete("Sell the tug");
  await ada.expectSynced();
  await bo.sync();
  await bo.expectTitles([]);
  await bo.visit(`/t/${id}`);
  await bo.panel.write("Notes", "Sold in March.");
  await bo.expectSynced();
  await expect(bo.page.getByText(/was deleted by/)).toHaveCount(0);
});
