import type { Locator } from "@playwright/test";
import { ApiDevice, uuid } from "../support/api.ts";
import { person, type Device } from "../support/device.ts";
import { test } from "../support/test.ts";
import { load } from "./load.ts";
import { firstLoad, shell, type Size } from "./sizes.ts";
import { bareWrites, measure, measureTyping, percentile } from "./stopwatch.ts";

const STORED = Number(process.env.STORED ?? 10_000);
const EACH = Number(process.env.EACH ?? 200);

test("figures", async ({ newDevice, server }) => {
  const ada = person("Ada");
  const loader = await ApiDevice.register(server.origin, { ...ada, organization: "Bench" });
  say(`Loading ${STORED} tasks into ${server.origin}`);
  await load(loader, STORED);
  say("Signing in");
  const device = await newDevice({ onDisk: true, viewport: { width: 1280, height: 800 } });
  const began = performance.now();
  await device.signIn(ada);
  const firstSync = performance.now() - began;

  const times: Record<string, number[]> = {};
  for (const [name, run] of [
    ["create a task", creations],
    ["change a status", statusChanges],
    ["change a title", titleChanges],
  ] as const) {
    say(`Measuring: ${name}, ${EACH} times`);
    // A project of its own, so that the row that is made or changed is on the screen. All tasks are stored all the same.
    await device.createProject(name);
    times[name] = await run(device);
  }
  await device.expectSynced();
  say(`Measuring: find, ${EACH} letters`);
  const typed = await searches(device);
  times["(a bare strict write to IndexedDB)"] = await bareWrites(device.page, EACH);

  const lines = [`| durable and visible, ${STORED} tasks stored | p50 | p95 | n |`, "|---|---|---|---|"];
  for (const [name, each] of Object.entries(times)) {
    lines.push(`| ${name} | ${ms(percentile(each, 50))} | ${ms(percentile(each, 95))} | ${each.length} |`);
  }
  lines.push("", `A letter more in the palette, to the results laid out: ${ms(percentile(typed, 50))} (p50), ${ms(percentile(typed, 95))} (p95)`);
  lines.push("", `Sign-in to synced, ${STORED} tasks: ${ms(firstSync)}`, "");
  lines.push("| file | raw | Brotli |", "|---|---|---|");
  const first = firstLoad(server.dist);
  lines.push(...first.map(row), row(total("first load", first)), row(total("all that is kept offline", shell(server.dist))));
  say(`\n${lines.join("\n")}`);
});

async function creations({ page }: Device): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < EACH; i++) {
    const title = `Created ${i} ${uuid()}`;
    await page.getByRole("button", { name: "New task", exact: true }).click();
    await page.getByRole("dialog", { name: "New task" }).getByRole("textbox", { name: "Title" }).fill(title);
    times.push(await measure(page, "keydown", () => page.keyboard.press("Enter"), { selector: ".task-row .title a", text: title }));
  }
  return times;
}

async function statusChanges(device: Device): Promise<number[]> {
  const { page } = device;
  const times: number[] = [];
  await device.createTask("To be moved");
  const row = device.task("To be moved");
  const selector = await identify(row);
  for (let i = 0; i < EACH; i++) {
    const status = i % 2 === 0 ? "In progress" : "To do";
    await row.getByRole("button", { name: /^Status: / }).click();
    const choose = () => page.getByRole("menuitemradio", { name: status, exact: true }).click();
    times.push(await measure(page, "click", choose, { selector: `${selector} [aria-label="Status: ${status}"]` }));
  }
  return times;
}

async function titleChanges(device: Device): Promise<number[]> {
  const { page } = device;
  const times: number[] = [];
  await device.createTask("To be renamed");
  const selector = await identify(device.task("To be renamed"));
  const row = page.locator(selector);
  for (let i = 0; i < EACH; i++) {
    const title = `Changed ${i}`;
    await row.getByRole("link").focus();
    await page.keyboard.press("e");
    await row.getByRole("textbox", { name: "Title" }).fill(title);
    times.push(await measure(page, "keydown", () => page.keyboard.press("Enter"), { selector: `${selector} .title a`, text: title }));
  }
  return times;
}

async function searches({ page }: Device): Promise<number[]> {
  const times: number[] = [];
  await page.keyboard.press("Control+k");
  const line = page.getByRole("combobox", { name: "Search tasks and commands" });
  await page.getByText(`Searching ${STORED + EACH + 2} tasks`).waitFor();
  for (const words of ["report invoice", "security audit", "booking", "keyboard contrast focus", "created"]) {
    await line.fill("");
    for (const letter of words) {
      if (times.length < EACH) times.push(await measureTyping(page, letter === " " ? "Space" : letter, ".palette-list"));
    }
  }
  await page.keyboard.press("Escape");
  return times;
}

async function identify(row: Locator): Promise<string> {
  return `.task-row[data-task="${await row.getAttribute("data-task")}"]`;
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const ms = (value: number): string => `${value.toFixed(1)} ms`;
const kib = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KiB`;
const row = ({ name, raw, brotli }: Size): string => `| ${name} | ${kib(raw)} | ${kib(brotli)} |`;

function total(name: string, sizes: Size[]): Size {
  const sum = (of: "raw" | "brotli"): number => sizes.reduce((total, size) => total + size[of], 0);
  return { name, raw: sum("raw"), brotli: sum("brotli") };
}
