// The server can refuse an edit that the device had to accept. Honestly provoked: while the author of a new task is
// offline, another device of the organization makes a task with the very same id.

import { expect, test } from "../support/test.ts";

test("a refused edit stays visible with its reason, and what comes after it goes through", async ({ team }) => {
  const { ada, bo, onServer } = team;
  await ada.goOffline();
  await ada.createTask("Mine");
  await ada.createTask("Behind it");
  const id = await ada.taskId("Mine");
  const project = (await onServer.projects())[0]!.id;
  const theirs = { id, project, title: "Theirs", status: "todo", priority: "none", due: null, tags: [] };
  expect(await onServer.push([{ "task.create@1": theirs }])).toEqual([{ accepted: "applied" }]);

  await ada.goOnline();
  await ada.expectPill("1 needs attention");
  await expect(ada.task("Behind it")).not.toContainText("Saved here");
  await expect(ada.task("Theirs")).toContainText("Needs attention");
  expect(await onServer.titles()).toEqual(["Behind it", "Theirs"]);

  await ada.coldStart("/"); // it is kept
  await ada.expectPill("1 needs attention");
  const drawer = await ada.openOutbox();
  const change = drawer.getByRole("list", { name: "Needs attention" }).getByRole("listitem");
  await expect(change).toContainText("Mine");
  await expect(change).toContainText(
    "Your team's server did not accept this change: it exists already. Your text is kept.",
  );
  await change.getByRole("button", { name: "Discard change" }).click();
  await expect(change).toHaveCount(0);
  await ada.page.keyboard.press("Escape");
  await ada.expectSynced();
  await bo.sync();
  for (const title of ["Behind it", "Theirs"]) await expect(bo.task(title)).toBeVisible();
});
