// A harbour's team at work, as the README shows it: desktop and phone, light and dark.

import { fileURLToPath } from "node:url";
import { ApiDevice, uuid } from "../support/api.ts";
import { person } from "../support/device.ts";
import { test } from "../support/test.ts";

const folder = fileURLToPath(new URL("../../docs/screens/", import.meta.url));

const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

interface Sketch {
  title: string;
  status?: string;
  priority?: string;
  due?: number;
  tags?: string[];
  to?: string;
  description?: string;
  parts?: [string, boolean][];
  talk?: string[];
}

const harbour: Sketch[] = [
  { title: "Berth map keeps the last tide when the signal drops", status: "in_progress", priority: "high", due: 0, tags: ["Offline", "Maps"], to: "Jonas Wiik", description: "Out past the breakwater there is no signal, and the map goes blank.\n\nKeep the last tide that came, say how old it is, and fetch it again on the way in.", parts: [["Keep tides on the device", true], ["Show how old they are", true], ["Fetch them again", false]], talk: ["Tried it on the ferry: the tide of the morning was still there.", "Good. Let us show the hour it is of.", "Done, in small print under the depth."] },
  { title: "Retry a card payment without charging twice", status: "in_progress", priority: "urgent", due: -4, tags: ["Payments"], to: "Mara Lind", parts: [["Name each attempt", true], ["Ask the bank first", false]] },
  { title: "Redesign the booking summary for one-handed use", status: "in_progress", priority: "low", due: -2, tags: ["Design"], to: "Astrid Thoen", talk: ["The button is out of reach for a thumb."] },
  { title: "Print the berth list from the harbourmaster console", status: "in_review", priority: "low", due: -3, tags: ["Docs"], to: "Priya Rao" },
  { title: "Translate arrival instructions to Norwegian and Dutch", status: "in_review", priority: "medium", due: 2, tags: ["Onboarding"], to: "Astrid Thoen" },
  { title: "Push notifications for home-screen installs", status: "blocked", priority: "high", due: 4, tags: ["iOS"], to: "Priya Rao" },
  { title: "Rotate the push signing key before it expires", priority: "urgent", due: 3, tags: ["iOS"], to: "Mara Lind" },
  { title: "Let skippers extend a stay by one night", priority: "high", due: 3, tags: ["Payments"], to: "Jonas Wiik", parts: [["Ask whether the berth is free", false], ["Charge the difference", false]] },
  { title: "Show depth at low water for each berth", priority: "medium", due: 5, tags: ["Maps"], to: "Priya Rao" },
  { title: "Write the 2.4 release notes", priority: "low", due: 6, tags: ["Docs"], to: "Jonas Wiik" },
  { title: "Import season passes from the old spreadsheet" },
  { title: "Keep the draft booking when the tab is closed", status: "done", priority: "high", due: -9, tags: ["Offline"], to: "Jonas Wiik" },
];

test("the pictures of docs/screens", async ({ server, newDevice }) => {
  test.setTimeout(240_000);
  const names = ["Jonas Wiik", "Astrid Thoen", "Mara Lind", "Priya Rao"];
  const people = names.map((name) => ({ ...person(name), email: `${uuid()}@example.org` }));
  const owner = await ApiDevice.register(server.origin, { ...people[0]!, organization: "Saltmarsh" });
  const ids = new Map([[names[0]!, owner.account.user]]);
  for (const one of people.slice(1)) {
    const joined = await ApiDevice.join(server.origin, { ...one, invitation: await owner.invite() });
    ids.set(one.name, joined.account.user);
  }
  const device = await newDevice({ viewport: { width: 1440, height: 900 }, deviceScaleFactor: 1, locale: "en-GB" });
  const { page } = device;
  await device.signIn(people[0]!);
  for (const name of ["Harbour app", "Harbourmaster console", "Field research"]) await device.createProject(name);
  await device.expectSynced();
  const project = (await owner.projects()).find(({ name }) => name === "Harbour app")!.id;

  const create = (entity: Record<string, string>, texts: Record<string, string>, values: object, tags: string[] = []) =>
    ({ "create@1": { entity, texts, values, tags } });
  const place = (parent: string | null) => ({ place: { place: { project, section: null, parent, order: "" } } });
  const mutations = harbour.flatMap(({ title, description, parts = [], talk = [], tags, ...task }) => {
    const id = uuid();
    const texts = { title, ...(description === undefined ? {} : { description }) };
    const assignees = task.to === undefined ? {} : { assignees: { people: [ids.get(task.to)!] } };
    const due = task.due === undefined ? {} : { due: { date: day(task.due) } };
    const status = { status: { status: task.status ?? "todo" } };
    const priority = { priority: { priority: task.priority ?? "none" } };
    return [
      create({ task: id }, texts, { ...place(null), ...status, ...priority, ...due, ...assignees }, tags),
      ...parts.map(([part, done]) =>
        create({ task: uuid() }, { title: part }, { ...place(id), status: { status: done ? "done" : "todo" }, priority: { priority: "none" } })),
      ...talk.map((body) => create({ comment: uuid() }, { body }, { subject: { subject: { task: id, reply_to: null } } })),
    ];
  });
  const results = await owner.push(mutations);
  const refused = results.filter((result) => "rejected" in result);
  if (refused.length > 0) throw new Error(JSON.stringify(refused));
  await device.sync();

  const shoot = async (name: string, address: string, before: () => Promise<unknown> = async () => {}) => {
    await device.visit(address);
    await device.expectSynced();
    for (const theme of ["light", "dark"]) {
      await page.evaluate((theme) => document.documentElement.setAttribute("data-theme", theme), theme);
      if (theme === "light") await before();
      await page.evaluate(() => document.fonts.ready);
      await page.screenshot({ path: `${folder}${name}-${theme}.png`, animations: "disabled" });
    }
  };
  const berth = harbour[0]!.title;
  await shoot("list-desktop", `/p/${project}`);
  await shoot("board-desktop", `/p/${project}?view=board`);
  await shoot("calendar-desktop", `/p/${project}?view=calendar`);
  await shoot("detail-desktop", `/p/${project}`, () => device.open(berth));
  await shoot("palette-desktop", `/p/${project}`, async () => {
    await page.keyboard.press("Control+k");
    await page.keyboard.type("tide");
    await page.getByRole("option").first().waitFor();
  });
  await page.setViewportSize({ width: 390, height: 844 });
  await shoot("list-phone", `/p/${project}`);
  await shoot("board-phone", `/p/${project}?view=board`);
  await shoot("detail-phone", `/p/${project}`, () => device.open(berth));
});
