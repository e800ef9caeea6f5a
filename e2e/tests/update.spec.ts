import type { Page } from "@playwright/test";
import { expect, test } from "../support/test.ts";

/** The id of another build. */
const NEXT = "00000000000000aa";

/** Has the browser look for a new build, and tells what became of the one that it finds. */
function update(page: Page): Promise<ServiceWorkerState> {
  return page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready;
    const settled = new Promise<ServiceWorkerState>((resolve) =>
      registration.addEventListener("updatefound", () => {
        const worker = registration.installing!;
        worker.addEventListener("statechange", () => resolve(worker.state), { once: true });
      }),
    );
    await registration.update().catch(() => {}); // rejects with the installation
    return settled;
  });
}

/** Waits until no worker is waiting any more for the tabs of the one before it to close. `page` is none of the app's. */
async function replaced(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const versions = new Map<string, string>();
  await new Promise<void>((resolve) => {
    session.on("ServiceWorker.workerVersionUpdated", ({ versions: changed }) => {
      for (const { versionId, status } of changed) versions.set(versionId, status);
      const alive = [...versions.values()].filter((status) => status !== "redundant");
      if (alive.length > 0 && alive.every((status) => status === "activated")) resolve();
    });
    void session.send("ServiceWorker.enable");
  });
}

/** Whether the app's own shell is that of the build. */
async function expectRunning(page: Page, build: string): Promise<void> {
  await expect(page.locator("meta[name=tern-build]")).toHaveAttribute("content", build);
}

test("a build with a spoiled file is not installed, and the one that runs goes on", async ({ newDevice, releases }) => {
  const running = releases.manifest.build;
  const device = await newDevice();
  await device.visit("/");
  await device.installed();

  const essential = releases.manifest.files.filter(({ url }) => url === "/" || /\.(js|wasm|css)$/.test(url));
  for (let i = 0; i < essential.length; i++) {
    releases.publish(`00000000000000b${i}`);
    const { url } = releases.manifest.files.filter(({ url }) => url === "/" || /\.(js|wasm|css)$/.test(url))[i]!;
    releases.spoil(url);
    expect(await update(device.page), url).toBe("redundant");
    releases.restore();
  }

  await device.coldStart("/");
  await expectRunning(device.page, running);
  await device.goOffline();
  await device.coldStart("/");
  await expectRunning(device.page, running);
});

test("a download that breaks off leaves the old build running, and the next one goes on where it ended", async ({
  newDevice,
  releases,
}) => {
  const { build } = releases.manifest;
  const device = await newDevice();
  await device.visit("/");
  await device.installed();

  releases.publish(NEXT);
  const isHashed = (url: string): boolean => /-[0-9a-f]{16}[._]/.test(url);
  const missing = releases.manifest.files.map(({ url }) => url).filter(isHashed).pop()!;
  device.proxy.loseAnswers(({ path }) => path === missing);
  expect(await update(device.page)).toBe("redundant");
  device.proxy.restore();
  await device.coldStart("/");
  await expectRunning(device.page, build);

  const before = device.proxy.requests.length;
  expect(await update(device.page)).toBe("installed");
  const fetched = device.proxy.requests.slice(before).map(({ path }) => path);
  expect(fetched.filter(isHashed)).toEqual([missing]);
  await expectRunning(device.page, build);
});

test("a new version is offered, waits to be wanted, and takes every edit along", async ({ newMember, releases }) => {
  const { build } = releases.manifest;
  const { device } = await newMember();
  device.proxy.loseAnswers(({ path }) => path.startsWith("/api/sync"));
  await device.createTask("Waiting during the update");

  releases.publish(NEXT);
  expect(await update(device.page)).toBe("installed");
  const banner = device.page.getByText("A new version of Tern is ready");
  await expect(banner).toBeVisible();
  await expectRunning(device.page, build); // it has not reloaded on its own
  await device.page.getByRole("button", { name: "Later" }).click();
  await expect(banner).toHaveCount(0);
  await device.page.reload();
  await expectRunning(device.page, build); // nor by a reload, for another tab might need the old one
  await expect(banner).toBeVisible();

  await device.page.getByRole("button", { name: "Update now" }).click();
  await expectRunning(device.page, NEXT);
  await expect(device.task("Waiting during the update")).toContainText("Saved here");
  expect(await device.page.evaluate(() => caches.keys())).toEqual([`tern-shell-${NEXT}`]);

  await device.goOffline();
  await device.coldStart("/");
  await expectRunning(device.page, NEXT);
  await expect(device.task("Waiting during the update")).toContainText("Saved here");
  await device.goOnline();
  await device.expectSynced();
});

test("when the last tab is closed, a new version takes over by itself", async ({ newMember, releases }) => {
  const { device } = await newMember();
  releases.publish(NEXT);
  expect(await update(device.page)).toBe("installed");
  await device.goOffline();
  await device.createTask("Before the new version");

  await device.closeApp();
  await replaced(device.page); // a tab opened at once still gets the old one: the browser takes a moment to change
  await device.visit("/");
  await expectRunning(device.page, NEXT);
  await expect(device.task("Before the new version")).toContainText("Saved here");
});

test("of two tabs, the one that was not asked keeps what is being typed in it", async ({ newMember, releases }) => {
  const { device, onServer } = await newMember();
  const first = device.page;
  await first.getByRole("button", { name: "New task", exact: true }).click();
  const dialog = first.getByRole("dialog", { name: "New task" });
  await dialog.getByRole("textbox", { name: "Title" }).fill("Half written");
  const second = await device.newTab();

  releases.publish(NEXT);
  expect(await update(second)).toBe("installed");
  await second.getByRole("button", { name: "Update now" }).click();
  await expectRunning(second, NEXT);
  await device.expectSynced();
  await expect(dialog.getByRole("textbox", { name: "Title" })).toHaveValue("Half written");
  await dialog.getByRole("button", { name: "Create task" }).click();
  for (const page of [first, second]) await expect(device.task("Half written", page)).toBeVisible();
  await device.expectSynced();
  expect(await onServer.titles()).toEqual(["Half written"]);
});
