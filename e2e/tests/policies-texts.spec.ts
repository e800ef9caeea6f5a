// Texts that two people edit at once are merged character by character, whichever reaches the server first.

import { ApiDevice } from "../support/api.ts";
import { apart, shared, type Work } from "../support/apart.ts";
import { expect, test } from "../support/test.ts";

for (const order of ["Ada", "Bo"]) {
  test(`two edits of one title become one title with both, ${order}'s first`, async ({ team }) => {
    const { ada, bo, onServer } = team;
    await shared(team, "Hello world");
    const work: Work = [
      () => ada.rename("Hello world", "Hello beautiful world"),
      () => bo.rename("Hello world", "Hello world!"),
    ];
    if (order === "Ada") await apart(ada, bo, work);
    else await apart(bo, ada, [work[1], work[0]]);

    for (const device of [ada, bo]) {
      await expect(device.task("Hello beautiful world!")).toBeVisible();
      await device.expectTitles(["Hello beautiful world!"]);
      await device.expectSynced();
    }
    expect(await onServer.titles()).toEqual(["Hello beautiful world!"]);
  });

  for (const field of ["Description", "Notes"] as const) {
    test(`two edits of one text are both in it (${field}), ${order}'s first`, async ({ team }) => {
      const { ada, bo, onServer } = team;
      await shared(team, "With a text");
      for (const device of [ada, bo]) await device.open("With a text");
      await ada.panel.write(field, "Hello world");
      await ada.expectSynced();
      await bo.sync();
      await bo.panel.expectText(field, "Hello world");

      const work: Work = [
        () => ada.panel.write(field, "Hello beautiful world"),
        () => bo.panel.write(field, "Hello world!"),
      ];
      if (order === "Ada") await apart(ada, bo, work);
      else await apart(bo, ada, [work[1], work[0]]);

      for (const device of [ada, bo]) await device.panel.expectText(field, "Hello beautiful world!");
      const { description, notes } = await onServer.task("With a text");
      expect({ Description: description, Notes: notes }[field]).toBe("Hello beautiful world!");
    });
  }
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

test("lines that both add to one description are all there, and what one takes away is gone", async ({ team }) => {
  const { ada, bo, onServer } = team;
  await shared(team, "Packing list");
  for (const device of [ada, bo]) await device.open("Packing list");
  await ada.panel.write("Description", "- rope\n- anchor\n- lamp");
  await ada.expectSynced();
  await bo.sync();
  await bo.panel.expectText("Description", "- rope\n- anchor\n- lamp");
  await apart(ada, bo, [
    () => ada.panel.write("Description", "- rope\n- anchor\n- 🧭 compass\n- lamp"),
    () => bo.panel.write("Description", "- rope, 20 m\n- lamp\n- חבל"),
  ]);
  const merged = "- rope, 20 m\n- 🧭 compass\n- lamp\n- חבל";
  for (const device of [ada, bo]) await device.panel.expectText("Description", merged);
  expect((await onServer.task("Packing list")).description).toBe(merged);
});

test("what a teammate writes appears while one types, and the cursor stays with its words", async ({ team }) => {
  const { ada, bo, onServer } = team;
  await shared(team, "Log of the day");
  for (const device of [ada, bo]) await device.open("Log of the day");
  await ada.panel.write("Notes", "Wind: west");
  await bo.sync();
  await bo.panel.expectText("Notes", "Wind: west");

  await bo.panel.text("Notes").focus();
  await bo.page.keyboard.press("Control+End");
  await bo.page.keyboard.type(", 4 Bft");
  await ada.panel.expectText("Notes", "Wind: west, 4 Bft"); // nobody left the field or pressed a key for it
  await ada.panel.write("Notes", "Morning. Wind: west, 4 Bft");
  await bo.panel.expectText("Notes", "Morning. Wind: west, 4 Bft");
  await bo.page.keyboard.type(", gusts of 6");
  const merged = "Morning. Wind: west, 4 Bft, gusts of 6";
  for (const device of [ada, bo]) await device.panel.expectText("Notes", merged);
  await expect.poll(async () => (await onServer.task("Log of the day")).notes).toBe(merged);
});

test("a text that is being typed is not lost when the task is closed", async ({ newMember }) => {
  const { device, onServer } = await newMember();
  await device.createTask("Closed too soon");
  await device.open("Closed too soon");
  await device.panel.text("Description").pressSequentially("All of this");
  await device.page.keyboard.press("Escape"); // leaves the field
  await device.page.keyboard.press("Escape"); // closes the task
  await expect(device.panel.root).toHaveCount(0);
  await expect.poll(async () => (await onServer.task("Closed too soon")).description).toBe("All of this");
});

test("two edits of one comment are both in it, and two comments are both kept", async ({ newMember, newDevice, server }) => {
  const { device: desk, who, onServer } = await newMember();
  const phone = await newDevice();
  await phone.signIn(who);
  await desk.createTask("Talked about");
  await desk.open("Talked about");
  await desk.panel.say("Hello world");
  await desk.expectSynced();
  await phone.sync();
  await phone.open("Talked about");
  await phone.panel.expectComments(["Hello world"]);

  await apart(desk, phone, [
    async () => {
      await desk.panel.rewrite("Hello world", "Hello beautiful world");
      await desk.panel.say("From the desk");
      const outbox = await desk.openOutbox();
      await expect(outbox.getByRole("list", { name: "Waiting changes" })).toContainText("Talked about");
      await outbox.getByRole("button", { name: "Close" }).click();
    },
    async () => {
      await phone.panel.rewrite("Hello world", "Hello world!");
      await phone.panel.say("From the phone");
    },
  ]);
  for (const device of [desk, phone]) {
    await device.panel.expectComments(["Hello beautiful world!", "From the desk", "From the phone"]);
  }
  const said = (await onServer.comments()).map(({ body }) => body);
  expect(said.sort()).toEqual(["From the desk", "From the phone", "Hello beautiful world!"]);

  const second = await ApiDevice.signIn(server.origin, who); // a third place, to see what the others have sent
  expect((await second.comments()).map(({ body }) => body).sort()).toEqual(said);
});

test("answers stand behind what they answer, and a deleted comment goes", async ({ team }) => {
  const { ada, bo, onServer } = team;
  await shared(team, "Talked about");
  for (const device of [ada, bo]) await device.open("Talked about");
  await ada.panel.say("Which berth?");
  await ada.panel.say("And when?");
  await ada.expectSynced();
  await bo.sync();
  await bo.panel.expectComments(["Which berth?", "And when?"]);

  await apart(ada, bo, [
    () => ada.panel.say("Nobody knows?"),
    async () => {
      await bo.panel.comment("Which berth?").getByRole("button", { name: "Reply" }).click();
      await bo.panel.say("Berth 7");
    },
  ]);
  for (const device of [ada, bo]) {
    await device.panel.expectComments(["Which berth?", "Berth 7", "And when?", "Nobody knows?"]);
  }
  await ada.panel.comment("And when?").getByRole("button", { name: "Delete" }).click();
  await ada.panel.expectComments(["Which berth?", "Berth 7", "Nobody knows?"]);
  await ada.expectSynced();
  await bo.sync();
  await bo.panel.expectComments(["Which berth?", "Berth 7", "Nobody knows?"]);
  expect((await onServer.comments()).filter(({ deleted }) => deleted).map(({ body }) => body)).toEqual(["And when?"]);
});
