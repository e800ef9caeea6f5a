import { expect, test } from "../support/test.ts";

test("the first visit makes the app start offline, without a reload and without loading anything twice", async ({
  newMember,
  releases,
}) => {
  const { device } = await newMember();
  // Whose names carry a hash may be kept for good; the shell is asked for again by name, and may be answered with 304.
  const hashed = releases.manifest.files.map(({ url }) => url).filter((url) => /-[0-9a-f]{16}/.test(url));
  expect(hashed.length).toBeGreaterThan(0);
  for (const url of hashed) {
    expect(device.proxy.requests.filter(({ path }) => path === url), url).toHaveLength(1);
  }

  await device.goOffline();
  for (const path of ["/", "/p/0198c0de-0000-7000-8000-000000000001", "/t/0198c0de-0000-7000-8000-000000000002?x=1"]) {
    await device.coldStart(path);
    await expect(device.page).toHaveTitle(/Tern/);
    expect(new URL(device.page.url()).pathname + new URL(device.page.url()).search).toBe(path);
  }
});

test("the worker answers for the files of its build and leaves everything else to the server", async ({
  newDevice,
  releases,
}) => {
  const device = await newDevice();
  await device.visit("/");
  await device.installed();
  const file = releases.manifest.files.find(({ url }) => url.endsWith(".js"))!.url;
  const ask = async (path: string, init?: RequestInit) => {
    const answered = device.page.waitForResponse((response) => new URL(response.url()).pathname === path);
    await device.page.evaluate(([path, init]) => fetch(path, init).then((answer) => answer.blob()), [path, init] as const);
    const response = await answered;
    return { worker: response.fromServiceWorker(), status: response.status() };
  };

  expect(await ask(file)).toEqual({ worker: true, status: 200 });
  expect(await ask("/")).toEqual({ worker: true, status: 200 });
  expect(await ask("/api/health")).toEqual({ worker: false, status: 200 });
  expect(await ask("/assets/gone-0123456789abcdef.js")).toEqual({ worker: false, status: 404 });
  expect((await ask(file, { method: "HEAD" })).worker).toBe(false);
  expect((await ask(file, { headers: { range: "bytes=0-9" } })).worker).toBe(false);
});

test("a file that has gone from the cache is fetched again, and only as the build knows it", async ({
  newDevice,
  releases,
}) => {
  const device = await newDevice();
  await device.visit("/");
  await device.installed();
  const file = releases.manifest.files.find(({ url }) => url.endsWith(".svg"))!.url;
  const remove = (url: string) =>
    device.page.evaluate(async (url) => {
      for (const name of await caches.keys()) await (await caches.open(name)).delete(url);
    }, url);
  const fetched = () => device.page.evaluate((url) => fetch(url).then(({ ok }) => ok, () => false), file);

  await remove(file);
  expect(await fetched()).toBe(true);
  await remove("/");
  await device.coldStart("/");
  await expect(device.page).toHaveTitle(/Tern/);

  releases.spoil(file);
  await remove(file);
  expect(await fetched()).toBe(false);
});
