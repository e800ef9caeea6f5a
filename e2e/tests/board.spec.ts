import { devices } from "@playwright/test";
import { expect, test } from "../support/test.ts";

test("a card dragged offline is in the new column everywhere after reconnecting", async ({ team }) => {
  const { ada, bo } = team;
  for (const title of ["Moor the ferry", "Fix the light", "Tow the barge"]) await ada.createTask(title);
  await ada.expectSynced();
  await ada.show("Board");
  await ada.expectColumn("To do", ["Moor the ferry", "Fix the light", "Tow the barge"]);
  await ada.expectColumn("In progress", []);

  await ada.goOffline();
  await ada.drag(ada.card("Fix the light"), ada.column("In progress"));
  await ada.expectColumn("In progress", ["Fix the light"]);
  await ada.expectColumn("To do", ["Moor the ferry", "Tow the barge"]);
  await expect(ada.toast("moved to In progress")).toBeVisible();
  await ada.expectSaved();
  await ada.page.reload();
  await ada.expectColumn("In progress", ["Fix the light"]);

  await ada.goOnline();
  await ada.expectSynced();
  await bo.sync();
  await bo.expectProperty("Fix the light", "Status", "In progress");
  await bo.show("Board");
  await bo.expectColumn("In progress", ["Fix the light"]);
});

test("cards are put in an order by hand, which the team sees, and which can be undone", async ({ team }) => {
  const { ada, bo } = team;
  for (const title of ["One", "Two", "Three"]) await ada.createTask(title);
  await ada.show("Board");
  await ada.expectColumn("To do", ["One", "Two", "Three"]);
  const first = await ada.card("One").boundingBox();
  const { mouse } = ada.page;
  await ada.card("Three").hover();
  await mouse.down();
  await mouse.move(first!.x + 40, first!.y + 8, { steps: 8 });
  await expect(ada.page.locator(".drop-slot")).toBeVisible();
  await mouse.up();
  await ada.expectColumn("To do", ["Three", "One", "Two"]);
  await ada.expectSynced();
  await bo.show("Board");
  await bo.sync();
  await bo.expectColumn("To do", ["Three", "One", "Two"]);
  await ada.page.keyboard.press("Control+z");
  await ada.expectColumn("To do", ["One", "Two", "Three"]);
});

test("Escape lets a dragged card go back", async ({ newMember }) => {
  const { device } = await newMember();
  await device.createTask("Stays");
  await device.show("Board");
  await device.card("Stays").hover();
  await device.page.mouse.down();
  const target = await device.column("Done").boundingBox();
  await device.page.mouse.move(target!.x + 20, target!.y + 20, { steps: 5 });
  await expect(device.page.locator(".card[data-lifted]")).toBeVisible();
  await device.page.keyboard.press("Escape");
  await expect(device.page.locator(".card[data-lifted]")).toHaveCount(0);
  await device.page.mouse.up();
  await device.expectColumn("To do", ["Stays"]);
});

test("cards move by key, and it is said where to", async ({ newMember }) => {
  const { device } = await newMember();
  for (const title of ["One", "Two"]) await device.createTask(title);
  await device.expectSynced();
  await device.show("Board");
  const { keyboard } = device.page;
  const link = (title: string) => device.card(title).getByRole("link");
  await link("One").focus();
  await keyboard.press("Shift+ArrowDown");
  await device.expectColumn("To do", ["Two", "One"]);
  await expect(device.page.getByText("GEN-1 moved to To do, 2 of 2")).toBeAttached();
  await expect(link("One")).toBeFocused();
  await keyboard.press("Shift+ArrowRight");
  await device.expectColumn("In progress", ["One"]);
  await expect(device.toast("GEN-1 moved to In progress, 1 of 1")).toBeVisible();
  await expect(link("One")).toBeFocused();
  await keyboard.press("ArrowLeft");
  await expect(link("Two")).toBeFocused();
  await keyboard.press("Shift+ArrowRight");
  await device.expectColumn("In progress", ["Two", "One"]);
  await device.expectSynced();
});

test("what dragging does, a card's menu does too", async ({ newMember }) => {
  const { device, onServer } = await newMember();
  await device.createTask("By menu");
  await device.expectSynced();
  await device.show("Board");
  await device.page.getByRole("button", { name: "Move GEN-1" }).click();
  await device.page.getByRole("menuitemradio", { name: "Cancelled" }).click();
  await device.expectColumn("Cancelled", ["By menu"]);
  await device.toast("moved to Cancelled").getByRole("button", { name: "Undo" }).click();
  await device.expectColumn("To do", ["By menu"]);
  await device.expectSynced();
  expect((await onServer.task("By menu")).status).toEqual(["todo"]);
});

test("columns are people, priorities or sections, too", async ({ team }) => {
  const { ada, onServer } = team;
  await ada.createTask("For whom");
  await ada.expectSynced();
  await ada.show("Board");
  const columns = async (by: string) => {
    await ada.page.getByRole("button", { name: /^Columns: / }).click();
    await ada.page.getByRole("menuitemradio", { name: by, exact: true }).click();
    await expect(ada.page.getByRole("button", { name: `Columns: ${by}` })).toBeVisible();
  };
  await columns("Assignee");
  await ada.expectColumn("Nobody", ["For whom"]);
  await ada.drag(ada.card("For whom"), ada.column("Bo"));
  await ada.expectColumn("Bo", ["For whom"]);
  await columns("Priority");
  await ada.drag(ada.card("For whom"), ada.column("Low"));
  await ada.expectColumn("Low", ["For whom"]);
  await ada.expectSynced();
  const task = await onServer.task("For whom");
  expect(task.priority).toEqual(["low"]);
  expect(task.assignees).toHaveLength(1);

  await ada.goTo("General");
  await ada.page.getByRole("button", { name: "Actions for General" }).first().click();
  await ada.page.getByRole("menuitem", { name: "New section" }).click();
  await ada.page.getByRole("textbox", { name: "Name" }).fill("Pier");
  await ada.page.getByRole("button", { name: "Save" }).click();
  await ada.show("Board");
  await columns("Section");
  await ada.expectColumn("No section", ["For whom"]);
  await ada.drag(ada.card("For whom"), ada.column("Pier"));
  await ada.expectColumn("Pier", ["For whom"]);
  await ada.expectSynced();
  expect((await onServer.task("For whom")).place[0]).toMatchObject({ section: expect.any(String) });
  await ada.page.getByRole("button", { name: "Move GEN-1" }).click();
  await ada.page.getByRole("menuitem", { name: "More actions" }).click();
  await ada.page.getByRole("menuitem", { name: "Move to section" }).click();
  await ada.page.getByRole("menuitemradio", { name: "No section" }).click();
  await ada.expectColumn("No section", ["For whom"]);
});

test("a long press lifts a card on a touch screen, a swipe scrolls", async ({ newMember }) => {
  const { viewport, hasTouch, isMobile, deviceScaleFactor } = devices["Pixel 7"];
  const { device } = await newMember({ viewport, hasTouch, isMobile, deviceScaleFactor });
  for (const title of ["One", "Two"]) await device.createTask(title);
  await device.show("Board");
  const touch = await device.context.newCDPSession(device.page);
  const send = (type: string, x?: number, y?: number) =>
    touch.send("Input.dispatchTouchEvent", {
      type: type as "touchStart",
      touchPoints: x === undefined ? [] : [{ x, y: y! }],
    });
  const box = (await device.card("Two").boundingBox())!;
  const [x, y] = [box.x + 60, box.y + box.height - 20];
  const first = (await device.card("One").boundingBox())!;

  await send("touchStart", x, y);
  await expect(device.page.locator(".card[data-lifted]")).toBeVisible();
  for (let step = 1; step <= 5; step++) await send("touchMove", x, y + ((first.y + 4 - y) * step) / 5);
  await expect(device.column("To do").locator("li").first()).toHaveClass("drop-slot");
  await send("touchEnd");
  await device.expectColumn("To do", ["Two", "One"]);
  await device.expectSynced();

  await send("touchStart", x, y);
  for (let step = 1; step <= 10; step++) await send("touchMove", x - step * 20, y);
  await send("touchEnd");
  await expect.poll(() => device.page.locator(".board").evaluate((board) => board.scrollLeft)).toBeGreaterThan(0);
  await device.expectColumn("To do", ["Two", "One"]);
});
