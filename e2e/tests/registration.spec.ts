import { person } from "../support/device.ts";
import { expect, test } from "../support/test.ts";

test("whoever opens Tern for the first time is asked to sign in, and finds the way to an account", async ({ newDevice }) => {
  const device = await newDevice();
  await device.visit("/");
  await expect(device.page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await device.page.getByRole("link", { name: "Create account" }).click();
  await device.page.getByRole("textbox", { name: "Organization" }).fill("Harbour");
  await device.fillInAccount(person("Ada"));
  await device.expectSynced();
  await device.createTask("The first task");
});

test("a wrong password says so and keeps the address", async ({ newDevice }) => {
  const ada = person("Ada");
  const device = await newDevice();
  await device.register(ada, "Harbour");
  await device.signOut();

  for (const wrong of [{ ...ada, password: "not my password" }, { ...ada, email: `not-${ada.email}` }]) {
    await device.tryToSignIn(wrong);
    await expect(device.page.getByRole("alert")).toHaveText("The email or the password is not right.");
    await expect(device.page.getByRole("textbox", { name: "Work email" })).toHaveValue(wrong.email);
  }
  await device.signIn(ada);
});

test("what is wrong with a registration is said beside it, and nothing that was typed is lost", async ({ newDevice }) => {
  const ada = person("Ada");
  const device = await newDevice();
  await device.visit("/register");
  const organization = device.page.getByRole("textbox", { name: "Organization" });
  const alert = device.page.getByRole("alert");
  const cases = [
    [" ", ada, "Enter an organization name of 1 to 80 characters."],
    ["Harbour", { ...ada, name: "" }, "Enter your name in 1 to 80 characters."],
    ["Harbour", { ...ada, email: "ada" }, "Enter an email address like ada@example.org."],
    ["Harbour", { ...ada, password: "short" }, "Choose a password of 10 to 128 characters."],
  ] as const;
  for (const [name, account, sentence] of cases) {
    await organization.fill(name);
    await device.fillInAccount(account);
    await expect(alert).toHaveText(sentence);
    await expect(device.page.getByRole("textbox", { name: "Work email" })).toHaveValue(account.email);
  }

  await organization.fill("Harbour");
  await device.fillInAccount(ada);
  await device.expectSynced();
  await device.signOut();
  await device.visit("/register");
  await organization.fill("Another");
  await device.fillInAccount(ada);
  await expect(alert).toContainText("exists");
});

test("without a connection the sign-in says what it needs", async ({ newDevice }) => {
  const ada = person("Ada");
  const device = await newDevice();
  await device.register(ada, "Harbour");
  await device.signOut();
  await device.goOffline();
  await device.tryToSignIn(ada);
  await expect(device.page.getByRole("alert")).toHaveText(
    "There is no connection to your team's server. Try again when you are online.",
  );
  await device.goOnline();
  await device.signIn(ada);
});

test("an invitation lets one person in, into this organization, once", async ({ newDevice }) => {
  const [ada, other] = [await newDevice(), await newDevice()];
  await ada.register(person("Ada"), "Harbour");
  const link = await ada.invite();
  const bo = await newDevice();
  await bo.join(link, person("Bo"));
  await expect(bo.page.getByRole("button", { name: "Workspace: Harbour" })).toBeVisible();
  await bo.createTask("From Bo");
  await bo.expectSynced();
  await ada.sync();
  await expect(ada.task("From Bo")).toBeVisible();

  const { pathname, search } = new URL(link);
  for (const path of [pathname + search, `${pathname}?invitation=made-up`]) {
    await other.visit(path);
    await other.fillInAccount(person("Cy"));
    await expect(other.page.getByRole("alert")).toContainText(/invitation/i);
  }
});
