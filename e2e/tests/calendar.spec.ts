import { devices } from "@playwright/test";
import { expect, test } from "../support/test.ts";

test.use({ contextOptions: { locale: "en-GB", timezoneId: "Europe/Oslo" } });

const MONTH = "/?view=calendar&day=2031-05-20";

test("a task dragged to another day offline is due then everywhere after reconnecting", async ({ team }) => {
  const { ada, bo, onServer } = team;
  await ada.createTask("Paint the buoy");
  await ada.setDue("Paint the buoy", "2031-05-06");
  await ada.expectSynced();
  await ada.visit(MONTH);
  await expect(ada.page.getByRole("table", { name: "May 2031, tasks by due date" })).toBeVisible();
  await expect(ada.page.getByRole("button", { name: "Tuesday 6 May, 1 task" })).toBeVisible();
  await expect(ada.day("2031-05-06").getByRole("link")).toHaveText(["Paint the buoy"]);

  await ada.goOffline();
  await ada.drag(ada.day("2031-05-06").getByRole("link"), ada.day("2031-05-15"));
  await expect(ada.day("2031-05-15").getByRole("link")).toHaveText(["Paint the buoy"]);
  await expect(ada.day("2031-05-06").getByRole("link")).toHaveCount(0);
  await ada.expectSaved();
  await ada.goOnline();
  await ada.expectSynced();
  expect((await onServer.task("Paint the buoy")).due).toEqual(["2031-05-15"]);
  await bo.visit(MONTH);
  await bo.sync();
  await expect(bo.day("2031-05-15").getByRole("link")).toHaveText(["Paint the buoy"]);
});

test("a task is given another day by key, and it can be undone", async ({ newMember }) => {
  const { device } = await newMember();
  await device.createTask("Paint the buoy");
  await device.setDue("Paint the buoy", "2031-05-06");
  await device.visit(MONTH);
  const { keyboard } = device.page;
  await device.day("2031-05-06").getByRole("link").focus();
  await keyboard.press("Shift+ArrowRight");
  await expect(device.day("2031-05-07").getByRole("link")).toBeFocused();
  await keyboard.press("Shift+ArrowDown");
  await expect(device.day("2031-05-14").getByRole("link")).toBeFocused();
  await expect(device.toast("is due 14 May 2031")).toBeVisible();
  await keyboard.press("z");
  await expect(device.day("2031-05-07").getByRole("link")).toHaveText(["Paint the buoy"]);
  await keyboard.press("Escape");
  await device.day("2031-05-20").getByRole("button").focus();
  await keyboard.press("ArrowUp");
  await expect(device.day("2031-05-13").getByRole("button")).toBeFocused();
});

test("months and weeks are turned, and the address says which", async ({ newMember }) => {
  const { device } = await newMember();
  await device.visit(MONTH);
  const title = device.page.locator(".cal-title");
  await expect(device.page.getByRole("columnheader").first()).toHaveText("Mon");
  await expect(title).toContainText("May 2031");
  await device.page.getByRole("button", { name: "Next month" }).click();
  await expect(title).toContainText("June 2031");
  await expect(device.page).toHaveURL(/day=2031-06-01/);
  await device.page.goBack();
  await expect(title).toContainText("May 2031");
  await device.page.getByRole("button", { name: "Week", exact: true }).click();
  await expect(device.page.getByRole("row")).toHaveCount(2);
  await expect(device.day("2031-05-19")).toBeVisible();
  await device.page.getByRole("button", { name: "Next week" }).click();
  await expect(device.day("2031-05-26")).toBeVisible();
  await device.page.getByRole("button", { name: "Today", exact: true }).click();
  await expect(device.page.locator("td[data-today]")).toHaveCount(1);
});

test("a day with more tasks than fit leads to their list", async ({ newMember }) => {
  const { device } = await newMember();
  for (const title of ["One", "Two", "Three"]) {
    await device.createTask(title);
    await device.setDue(title, "2031-05-06");
  }
  await device.visit(MONTH);
  await device.day("2031-05-06").getByRole("button", { name: "1 more" }).click();
  await device.expectTitles(["One", "Three", "Two"]);
  await expect(device.page).toHaveURL(/due=2031-05-06/);
});

test("on a phone days have dots, and the picked one its tasks", async ({ newMember }) => {
  const { viewport, hasTouch, isMobile, deviceScaleFactor } = devices["Pixel 7"];
  const { device } = await newMember({ viewport, hasTouch, isMobile, deviceScaleFactor });
  await device.createTask("Paint the buoy");
  await device.setDue("Paint the buoy", "2031-05-06");
  await device.visit(MONTH);
  await expect(device.day("2031-05-06").locator(".cal-dots i")).toHaveCount(1);
  await device.page.getByRole("button", { name: "Tuesday 6 May, 1 task" }).click();
  const agenda = device.page.getByRole("list", { name: "Tasks due Tuesday 6 May" });
  await expect(agenda.getByRole("link")).toHaveText(["Paint the buoy"]);
  await device.goOffline();
  await agenda.getByRole("button", { name: /^Actions for / }).click();
  await device.page.getByRole("menuitem", { name: "Due date" }).click();
  await device.page.getByLabel("Due date", { exact: true }).last().fill("2031-05-07");
  await device.page.getByRole("button", { name: "Save" }).click();
  await expect(device.day("2031-05-07").locator(".cal-dots i")).toHaveCount(1);
  await expect(agenda).toHaveCount(1);
});
