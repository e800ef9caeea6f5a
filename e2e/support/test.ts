// The fixtures: a server for each worker, and for each test as many devices as it asks for.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test as base, type BrowserContextOptions } from "@playwright/test";
import { ApiDevice } from "./api.ts";
import { Device, person, type Person } from "./device.ts";
import { Releases } from "./release.ts";
import { TernServer } from "./server.ts";

export { expect };

interface DeviceOptions extends BrowserContextOptions {
  /** A browser of its own with a profile on disk, which survives its end: can be killed, installed to, restarted. */
  onDisk?: boolean;
}

/** A member of a new organization at a device. */
interface Member {
  device: Device;
  who: Person;
  /** What the server holds of the organization. */
  onServer: ApiDevice;
}

/** Two members of a new organization, each at a device. */
interface Team {
  ada: Device;
  bo: Device;
  onServer: ApiDevice;
}

interface Fixtures {
  newDevice: (options?: DeviceOptions) => Promise<Device>;
  newMember: (options?: DeviceOptions) => Promise<Member>;
  team: Team;
  releases: Releases;
  serverLog: void;
}

export const test = base.extend<Fixtures, { server: TernServer }>({
  server: [
    async ({}, use) => {
      const server = await TernServer.start();
      await use(server);
      await server.stop();
    },
    { scope: "worker", timeout: 120_000 },
  ],

  newDevice: async ({ server, browser, playwright, launchOptions, contextOptions }, use) => {
    const devices: Device[] = [];
    const profiles: string[] = [];
    await use(async ({ onDisk, ...options } = {}) => {
      const settings = { ...contextOptions, ...options };
      let open = () => browser.newContext(settings);
      let profile: string | undefined;
      if (onDisk) {
        const folder = mkdtempSync(join(tmpdir(), "tern-profile-"));
        profiles.push((profile = folder));
        open = () => playwright.chromium.launchPersistentContext(folder, { ...launchOptions, ...settings });
      }
      const device = await Device.start(server.port, open, profile);
      devices.push(device);
      return device;
    });
    await Promise.all(devices.map((device) => device.stop()));
    for (const profile of profiles) rmSync(profile, { recursive: true, force: true });
    expect(devices.flatMap(({ errors }) => errors), "the app panicked, or a script threw").toEqual([]);
  },

  newMember: async ({ newDevice, server }, use) => {
    await use(async (options) => {
      const who = person("Ada");
      const onServer = await ApiDevice.register(server.origin, { ...who, organization: "Harbour" });
      const device = await newDevice(options);
      await device.signIn(who);
      return { device, who, onServer };
    });
  },

  team: async ({ newMember, newDevice, server }, use) => {
    const { device: ada, onServer } = await newMember();
    const [bo, second] = [await newDevice(), person("Bo")];
    await ApiDevice.join(server.origin, { ...second, invitation: await onServer.invite() });
    await bo.signIn(second);
    await use({ ada, bo, onServer });
  },

  releases: async ({ server }, use) => {
    const releases = new Releases(server);
    await use(releases);
    releases.restore();
  },

  serverLog: [
    async ({ server }, use, info) => {
      const start = server.log.length;
      await use();
      if (info.status !== info.expectedStatus) {
        await info.attach("server.log", { body: server.log.slice(start), contentType: "text/plain" });
      }
    },
    { auto: true },
  ],
});
