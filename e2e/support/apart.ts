// Two people change the same thing while both are offline.

import { expect } from "@playwright/test";
import type { Device } from "./device.ts";

export type Work = [() => Promise<void>, () => Promise<void>];

/** Both lose the network, each does something, both come back: the first of them reaches the server first. */
export async function apart(first: Device, second: Device, work: Work, outcome = "Synced"): Promise<void> {
  await Promise.all([first.goOffline(), second.goOffline()]);
  await work[0]();
  await first.expectSaved();
  await work[1]();
  await second.expectSaved();
  await first.goOnline();
  await first.expectSynced();
  await second.goOnline();
  await second.expectSent();
  await second.expectPill(outcome);
  await first.sync();
  await first.expectPill(outcome);
}

/** The first makes a task, and both see it. */
export async function shared({ ada, bo }: { ada: Device; bo: Device }, ...titles: string[]): Promise<void> {
  for (const title of titles) await ada.createTask(title);
  await ada.expectSynced();
  await bo.sync();
  for (const title of titles) await expect(bo.task(title)).toBeVisible();
  await bo.expectSynced();
}
