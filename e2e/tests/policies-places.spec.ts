// Where a task stands: the last writer's place as a whole, never a cycle, and what lost is kept.

import { apart, shared } from "../support/apart.ts";
import { expect, test } from "../support/test.ts";

interface Place {
  project: string | null;
  parent: string | null;
  order: string;
}

test("moved to two projects at once: the last writer's, and the other place is kept", async ({ team }) => {
  const { ada, bo, onServer } = team;
  await ada.createProject("Boat yard");
  await ada.createProject("Pilots");
  await ada.page.getByRole("link", { name: "All tasks" }).click();
  await shared(team, "Order paint");
  for (const device of [ada, bo]) await device.open("Order paint");
  await ada.panel.expectProperty("Project", "General");
  await apart(ada, bo, [
    () => ada.panel.choose("Project", "Boat yard"),
    () => bo.panel.choose("Project", "Pilots"),
  ]);
  for (const device of [ada, bo]) await device.panel.expectProperty("Project", "Pilots");
  const projects = new Map((await onServer.projects()).map(({ id, name }) => [id, name]));
  const places = (await onServer.task("Order paint")).place as Place[];
  expect(places.map(({ project }) => projects.get(project!))).toEqual(["Boat yard", "Pilots"]);

  for (const device of [ada, bo]) {
    for (const left of ["General", "Boat yard"]) {
      await device.page.getByRole("link", { name: left }).click();
      await expect(device.task("Order paint")).toHaveCount(0);
    }
    await device.page.getByRole("link", { name: "Pilots" }).click();
    await expect(device.task("Order paint")).toBeVisible();
  }
});

test("put under two tasks at once: under the last writer's", async ({ team }) => {
  const { ada, bo, onServer } = team;
  await shared(team, "Order paint", "Paint the hull", "Paint the deck");
  for (const device of [ada, bo]) await device.open("Order paint");
  await apart(ada, bo, [() => ada.panel.putUnder("Paint the hull"), () => bo.panel.putUnder("Paint the deck")]);
  for (const device of [ada, bo]) {
    await device.panel.expectProperty("Part of", "Paint the deck");
    await device.open("Paint the deck");
    await expect(device.panel.subtasks).toHaveText(["Order paint"]);
    await device.open("Paint the hull");
    await expect(device.panel.subtasks).toHaveCount(0);
  }
  const [hull, deck] = [await onServer.task("Paint the hull"), await onServer.task("Paint the deck")];
  const places = (await onServer.task("Order paint")).place as Place[];
  expect(places.map(({ parent }) => parent)).toEqual([hull.id, deck.id]);
});

test("two moves that together would put each task into the other: one is made, and the other kept", async ({ team }) => {
  const { ada, bo, onServer } = team;
  await shared(team, "Hull", "Keel");
  await ada.open("Hull");
  await bo.open("Keel");
  await apart(ada, bo, [() => ada.panel.putUnder("Keel"), () => bo.panel.putUnder("Hull")]);
  await ada.panel.expectProperty("Part of", "Keel");
  await bo.panel.expectProperty("Part of", "none");
  const [hull, keel] = [await onServer.task("Hull"), await onServer.task("Keel")];
  expect((hull.place as Place[]).map(({ parent }) => parent)).toEqual([keel.id]);
  expect((keel.place as Place[]).map(({ parent }) => parent)).toEqual([null]);
  expect((keel.lost as Place[]).map(({ parent }) => parent)).toEqual([hull.id]);
});

test("subtasks added at once are all there, and moves of different ones are all made", async ({ team }) => {
  const { ada, bo, onServer } = team;
  await shared(team, "Refit");
  for (const device of [ada, bo]) await device.open("Refit");
  for (const title of ["One", "Two", "Three", "Four"]) await ada.panel.addSubtask(title);
  await ada.expectSynced();
  await bo.sync();
  await expect(bo.panel.subtasks).toHaveText(["One", "Two", "Three", "Four"]);

  await apart(ada, bo, [
    () => ada.panel.moveUp("Two"),
    async () => {
      await bo.panel.moveUp("Four");
      await bo.panel.addSubtask("Five");
    },
  ]);
  for (const device of [ada, bo]) await expect(device.panel.subtasks).toHaveText(["Two", "One", "Four", "Three", "Five"]);
  const rows = (await onServer.tasks()).filter(({ title }) => title !== "Refit");
  const order = ({ place }: { place: unknown[] }) => (place.at(-1) as Place).order;
  rows.sort((a, b) => (order(a) < order(b) ? -1 : 1));
  expect(rows.map(({ title }) => title)).toEqual(["Two", "One", "Four", "Three", "Five"]);
});

test("one subtask moved to two places at once is at one place, the same for both", async ({ team }) => {
  const { ada, bo, onServer } = team;
  await shared(team, "Refit");
  for (const device of [ada, bo]) await device.open("Refit");
  for (const title of ["One", "Two", "Three"]) await ada.panel.addSubtask(title);
  await ada.expectSynced();
  await bo.sync();
  await expect(bo.panel.subtasks).toHaveText(["One", "Two", "Three"]);
  await apart(ada, bo, [
    () => ada.panel.moveUp("Three"),
    async () => {
      await bo.panel.moveUp("Three");
      await bo.panel.moveUp("Three");
    },
  ]);
  for (const device of [ada, bo]) await expect(device.panel.subtasks).toHaveText(["Three", "One", "Two"]);
  expect((await onServer.task("Three")).place).toHaveLength(2);
});
