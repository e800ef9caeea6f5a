// Fields with one value: which of two that were given at once counts, and where a person has to say.

import { uuid, values } from "../support/api.ts";
import { apart, shared } from "../support/apart.ts";
import { expect, test } from "../support/test.ts";

test("of two priorities the higher stands", async ({ team }) => {
  const { ada, bo, onServer } = team;
  await shared(team, "Dredge the basin");
  await apart(ada, bo, [
    () => ada.setPriority("Dredge the basin", "High"),
    () => bo.setPriority("Dredge the basin", "Medium"),
  ]);
  for (const device of [ada, bo]) await device.expectProperty("Dredge the basin", "Priority", "High");
  expect((await onServer.task("Dredge the basin")).priority).toEqual(["high", "medium"]);
});

test("a priority that its author took back does not win", async ({ team }) => {
  const { ada, bo, onServer } = team;
  await shared(team, "Dredge the basin");
  await apart(ada, bo, [
    async () => {
      await ada.setPriority("Dredge the basin", "Urgent");
      await ada.setPriority("Dredge the basin", "Low");
    },
    () => bo.setPriority("Dredge the basin", "Medium"),
  ]);
  for (const device of [ada, bo]) await device.expectProperty("Dredge the basin", "Priority", "Medium");
  expect((await onServer.task("Dredge the basin")).priority).toEqual(["low", "medium"]);
});

test("of two statuses the one further along stands", async ({ team }) => {
  const { ada, bo, onServer } = team;
  await shared(team, "Paint the buoys");
  await apart(ada, bo, [
    () => ada.setStatus("Paint the buoys", "In review"),
    () => bo.setStatus("Paint the buoys", "In progress"),
  ]);
  for (const device of [ada, bo]) await device.expectProperty("Paint the buoys", "Status", "In review");
  expect((await onServer.task("Paint the buoys")).status).toEqual(["in_review", "in_progress"]);
});

for (const [choice, chosen, stands] of [
  ["Keep mine: Cancelled", "Cancelled", "cancelled"],
  ["Use theirs: Done", "Done", "done"],
] as const) {
  test(`done against cancelled is left to a person, who says: ${choice}`, async ({ team }) => {
    const { ada, bo, onServer } = team;
    await shared(team, "Paint the buoys");
    for (const device of [ada, bo]) await device.open("Paint the buoys");
    await apart(ada, bo, [
      () => ada.panel.choose("Status", "Done"),
      () => bo.panel.choose("Status", "Cancelled"),
    ], "1 needs attention");
    for (const device of [ada, bo]) {
      await device.panel.expectProperty("Status", "Done"); // the first to reach the server, until somebody has looked
      await expect(device.task("Paint the buoys")).toContainText("Needs attention");
    }
    await ada.panel.expectConflict([/^Done.*You.*Keep mine$/, /^Cancelled.*Use theirs$/]);
    await bo.panel.expectConflict([/^Done.*Use theirs$/, /^Cancelled.*You.*Keep mine$/]);
    expect((await onServer.task("Paint the buoys")).status).toEqual(["done", "cancelled"]);

    await bo.panel.settle(choice);
    await bo.expectSynced();
    await ada.sync();
    await expect(ada.panel.conflict).toHaveCount(0);
    for (const device of [ada, bo]) {
      await device.panel.expectProperty("Status", chosen);
      await device.expectSynced();
    }
    expect((await onServer.task("Paint the buoys")).status).toEqual([stands]);
  });
}

test("of two due dates the earlier stands, and a date beats none", async ({ team }) => {
  const { ada, bo, onServer } = team;
  await shared(team, "Order chains");
  await apart(ada, bo, [() => ada.setDue("Order chains", "2031-06-02"), () => bo.setDue("Order chains", "2031-05-04")]);
  for (const device of [ada, bo]) await device.expectDue("Order chains", /4.*2031|2031.*4/);
  expect((await onServer.task("Order chains")).due).toEqual(["2031-06-02", "2031-05-04"]);
  await apart(ada, bo, [() => ada.setDue("Order chains", "2032-01-01"), () => bo.removeDue("Order chains")]);
  for (const device of [ada, bo]) await device.expectDue("Order chains", /2032/);
  expect((await onServer.task("Order chains")).due).toEqual(["2032-01-01", null]);
});

test("tags of both are kept, and a tag put on anew outlives a removal that had not seen it", async ({ team }) => {
  const { ada, bo, onServer } = team;
  await shared(team, "Survey the wreck");
  const tags = async () => Object.keys((await onServer.task("Survey the wreck")).tags).sort();
  await apart(ada, bo, [() => ada.addTag("Survey the wreck", "deep"), () => bo.addTag("Survey the wreck", "boat")]);
  for (const device of [ada, bo]) await device.expectTags("Survey the wreck", ["boat", "deep"]);
  expect(await tags()).toEqual(["boat", "deep"]);

  await apart(ada, bo, [
    () => ada.removeTag("Survey the wreck", "deep"),
    async () => {
      await bo.removeTag("Survey the wreck", "deep");
      await bo.addTag("Survey the wreck", "deep");
      await bo.removeTag("Survey the wreck", "boat");
    },
  ]);
  for (const device of [ada, bo]) await device.expectTags("Survey the wreck", ["deep"]);
  expect(await tags()).toEqual(["deep"]);
});

for (const [choice, people] of [
  ["Keep mine: Bo", "Bo"],
  ["Use theirs: Ada", "Ada"],
  ["Keep all of them", "Ada, Bo"],
] as const) {
  test(`two people assigned at once are both kept and shown until somebody says: ${choice}`, async ({ team }) => {
    const { ada, bo, onServer } = team;
    await shared(team, "Repair the crane");
    for (const device of [ada, bo]) await device.open("Repair the crane");
    await apart(ada, bo, [() => ada.panel.assign(["Ada"], "Ada"), () => bo.panel.assign(["Bo"], "Bo")], "1 needs attention");
    for (const device of [ada, bo]) {
      await device.panel.expectProperty("Assignees", "Ada, Bo");
      await expect(device.task("Repair the crane")).toContainText("Needs attention");
    }
    await bo.panel.expectConflict([/Ada.*Use theirs$/, /Bo.*You.*Keep mine$/]);
    expect((await onServer.task("Repair the crane")).assignees).toHaveLength(2);

    await bo.panel.settle(choice);
    await bo.expectSynced();
    await ada.sync();
    await expect(ada.panel.conflict).toHaveCount(0);
    for (const device of [ada, bo]) {
      await device.panel.expectProperty("Assignees", people);
      await device.expectSynced();
    }
    const { assignees } = await onServer.task("Repair the crane");
    expect(assignees).toHaveLength(1);
    expect(assignees[0]).toHaveLength(people.split(", ").length);
  });
}

test("the same people assigned at once are no question to anybody", async ({ team }) => {
  const { ada, bo } = team;
  await shared(team, "Repair the crane");
  for (const device of [ada, bo]) await device.open("Repair the crane");
  await apart(ada, bo, [() => ada.panel.assign(["Bo"], "Bo"), () => bo.panel.assign(["Bo"], "Bo")]);
  for (const device of [ada, bo]) {
    await device.panel.expectProperty("Assignees", "Bo");
    await expect(device.panel.conflict).toHaveCount(0);
  }
});

test("fields of the organization's own: each by itself, the last writer's, and what lost is in the ledger", async ({ team }) => {
  const { ada, bo, onServer } = team;
  const [quay, crew] = [uuid(), uuid()];
  const field = (id: string, name: string) => ({
    "create@1": { entity: { custom_field: id }, texts: { name }, values: { field_type: { field_type: "text" } }, tags: [] },
  });
  await onServer.push([field(quay, "Quay"), field(crew, "Crew")]);
  await shared(team, "Moor the ferry");
  for (const device of [ada, bo]) await device.open("Moor the ferry");

  await apart(ada, bo, [() => ada.panel.fill("Quay", "North"), () => bo.panel.fill("Crew", "Six")]);
  for (const device of [ada, bo]) {
    await expect(device.panel.field("Quay")).toHaveValue("North");
    await expect(device.panel.field("Crew")).toHaveValue("Six");
  }

  await apart(ada, bo, [() => ada.panel.fill("Quay", "East"), () => bo.panel.fill("Quay", "West")]);
  for (const device of [ada, bo]) await expect(device.panel.field("Quay")).toHaveValue("West"); // written later
  const held = async () => (await onServer.pull()).find((row) => row.id.task)!;
  expect(values(await held(), `custom:${quay}`)).toEqual(["East", "West"]);

  await ada.panel.fill("Quay", "South");
  await ada.expectSynced();
  await bo.sync();
  await expect(bo.panel.field("Quay")).toHaveValue("South");
  expect(values(await held(), `custom:${quay}`)).toEqual(["South"]);
  expect((await onServer.task("Moor the ferry")).lost).toEqual(["East"]);
});

test("start and estimate given at once: the last writer's", async ({ team }) => {
  const { ada, bo, onServer } = team;
  await shared(team, "Moor the ferry");
  for (const device of [ada, bo]) await device.open("Moor the ferry");
  await apart(ada, bo, [() => ada.panel.fill("Estimate", "3"), () => bo.panel.fill("Estimate", "8")]);
  for (const device of [ada, bo]) await expect(device.panel.field("Estimate")).toHaveValue("8");
  const row = (await onServer.pull()).find((row) => row.id.task)!;
  expect(values(row, "estimate")).toEqual([3, 8]);
});
