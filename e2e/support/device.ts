// One browser with its network: what a person does in Tern, by the names that the design gives to things.

import { cpSync, renameSync, rmSync } from "node:fs";
import { expect, type BrowserContext, type Locator, type Page } from "@playwright/test";
import { uuid, type Credentials } from "./api.ts";
import { TaskPanel } from "./panel.ts";
import { TcpProxy } from "./proxy.ts";

export interface Person extends Credentials {
  name: string;
}

/** A person whom nobody knows yet. */
export function person(name: string): Person {
  return { name, email: `${name.toLowerCase()}-${uuid().slice(-12)}@example.org`, password: "correct horse battery" };
}

export class Device {
  /** What went wrong in the pages without anybody catching it: a panic of the app, after which nothing in it works. */
  readonly errors: string[] = [];

  private constructor(
    readonly proxy: TcpProxy,
    private readonly openBrowser: () => Promise<BrowserContext>,
    public context: BrowserContext,
    public page: Page,
    /** Where the browser keeps everything, if on disk. */
    private readonly profile: string | undefined,
  ) {
    this.watch();
  }

  static async start(port: number, openBrowser: () => Promise<BrowserContext>, profile?: string): Promise<Device> {
    const context = await openBrowser();
    return new Device(await TcpProxy.start(port), openBrowser, context, await firstPage(context), profile);
  }

  async stop(): Promise<void> {
    await this.context.close();
    await this.proxy.stop();
  }

  private watch(): void {
    this.context.on("weberror", (thrown) => this.errors.push(String(thrown.error().stack)));
  }

  // --- The browser ---

  async visit(path: string): Promise<void> {
    await this.page.goto(this.proxy.origin + path);
  }

  /** A new tab that becomes the current one; the others stay open. */
  async newTab(path = "/"): Promise<Page> {
    this.page = await this.context.newPage();
    await this.visit(path);
    return this.page;
  }

  /** Closes every tab and opens the app anew, as the first tab of the day. */
  async coldStart(path: string): Promise<void> {
    await this.closeApp();
    await this.visit(path);
  }

  /** Closes all tabs. An empty one stays, for without any the browser ends. */
  async closeApp(): Promise<void> {
    const before = this.context.pages();
    this.page = await this.context.newPage();
    await Promise.all(before.map((page) => page.close()));
  }

  /** Ends all processes of the browser at once (SIGKILL), as a crash or an empty battery does. */
  async kill(): Promise<void> {
    const browser = this.context.browser();
    if (!browser) throw new Error("This browser cannot be killed");
    const session = await browser.newBrowserCDPSession();
    const { processInfo } = await session.send("SystemInfo.getProcessInfo");
    const closed = this.context.waitForEvent("close");
    for (const { id } of processInfo) process.kill(id, "SIGKILL");
    await closed;
  }

  /** Ends the browser in good order. */
  async quit(): Promise<void> {
    await this.context.close();
  }

  /** Copies the profile of a browser that has ended. */
  backUp(): string {
    const copy = `${this.onDisk()}-backup`;
    cpSync(this.onDisk(), copy, { recursive: true });
    return copy;
  }

  /** Puts a copy in the place of the profile of a browser that has ended. */
  putBack(backup: string): void {
    rmSync(this.onDisk(), { recursive: true });
    renameSync(backup, this.onDisk());
  }

  private onDisk(): string {
    if (!this.profile) throw new Error("This browser has no profile on disk");
    return this.profile;
  }

  /** Starts the browser again on the profile that it was left with. */
  async restart(path: string): Promise<void> {
    this.context = await this.openBrowser();
    this.page = await firstPage(this.context);
    this.watch();
    await this.visit(path);
  }

  /** Resolves when the app would start without a connection. */
  async installed(): Promise<void> {
    await this.page.evaluate(async () => {
      const worker = (await navigator.serviceWorker.ready).active!;
      if (worker.state === "activated") return;
      await new Promise<void>((activated) => {
        worker.addEventListener("statechange", () => worker.state === "activated" && activated());
      });
    });
  }

  // --- The network ---

  /** The network goes, and the browser knows. */
  async goOffline(): Promise<void> {
    this.proxy.cut();
    await this.context.setOffline(true);
  }

  async goOnline(): Promise<void> {
    this.proxy.restore();
    await this.context.setOffline(false);
  }

  // --- The account ---

  async register(person: Person, organization: string): Promise<void> {
    await this.visit("/register");
    await this.page.getByRole("textbox", { name: "Organization" }).fill(organization);
    await this.fillInAccount(person);
    await this.expectSignedIn();
  }

  async join(link: string, person: Person): Promise<void> {
    await this.visit(pathOf(link));
    await this.fillInAccount(person);
    await this.expectSignedIn();
  }

  async signIn(person: Credentials): Promise<void> {
    await this.tryToSignIn(person);
    await this.expectSignedIn();
  }

  async tryToSignIn({ email, password }: Credentials): Promise<void> {
    await this.visit("/sign-in");
    await this.page.getByRole("textbox", { name: "Work email" }).fill(email);
    await this.page.getByRole("textbox", { name: "Password" }).fill(password);
    await this.page.getByRole("button", { name: "Sign in", exact: true }).click();
  }

  async signOut(): Promise<void> {
    await this.page.getByRole("button", { name: /^Workspace: / }).click();
    await this.page.getByRole("menuitem", { name: "Sign out" }).click();
    await expect(this.page.getByRole("button", { name: "Sign in", exact: true })).toBeVisible();
  }

  /** A link by which one person can join the organization. */
  async invite(): Promise<string> {
    await this.page.getByRole("button", { name: /^Workspace: / }).click();
    await this.page.getByRole("menuitem", { name: "Invite a teammate" }).click();
    const link = this.page.getByRole("textbox", { name: "Invitation link" });
    await expect(link).toHaveValue(/\/register\?invitation=/);
    const value = await link.inputValue();
    await this.page.keyboard.press("Escape");
    return value;
  }

  async fillInAccount({ name, email, password }: Person): Promise<void> {
    await this.page.getByRole("textbox", { name: "Your name" }).fill(name);
    await this.page.getByRole("textbox", { name: "Work email" }).fill(email);
    await this.page.getByRole("textbox", { name: "Password" }).fill(password);
    await this.page.getByRole("button", { name: "Create account" }).click();
  }

  private async expectSignedIn(): Promise<void> {
    await this.expectSynced();
    await this.installed();
  }

  // --- Tasks ---

  async createTask(title: string): Promise<void> {
    await this.page.getByRole("button", { name: "New task", exact: true }).click();
    const dialog = this.page.getByRole("dialog", { name: "New task" });
    await dialog.getByRole("textbox", { name: "Title" }).fill(title);
    await dialog.getByRole("button", { name: "Create task" }).click();
    await expect(this.task(title)).toBeVisible();
  }

  /** The row of a task in the list. */
  task(title: string, page = this.page): Locator {
    return page.locator(".task-row").filter({ has: page.getByRole("link", { name: title, exact: true }) });
  }

  /** The list shows tasks with these titles and no others, in whatever order. */
  async expectTitles(titles: string[]): Promise<void> {
    const shown = this.page.getByRole("list", { name: "Tasks" }).getByRole("link");
    await expect.poll(async () => (await shown.allTextContents()).sort()).toEqual([...titles].sort());
  }

  /** The id of a task, which is in its address. */
  async taskId(title: string): Promise<string> {
    const href = await this.task(title).getByRole("link").getAttribute("href");
    return href!.split("/").pop()!;
  }

  async rename(from: string, to: string): Promise<void> {
    await this.typeTitle(from, to);
    await expect(this.task(to)).toBeVisible();
  }

  /** Edits a title in its row; whether it is accepted is another matter. */
  async typeTitle(from: string, to: string): Promise<void> {
    const field = await this.editTitle(from);
    await field.fill(to);
    await field.press("Enter");
    await expect(field).toHaveCount(0);
  }

  async editTitle(title: string): Promise<Locator> {
    const row = this.task(title);
    await row.hover();
    await row.getByRole("button", { name: "Edit title" }).click();
    const field = this.page.getByRole("list", { name: "Tasks" }).getByRole("textbox", { name: "Title" });
    await expect(field).toBeFocused();
    return field;
  }

  async setStatus(title: string, status: string): Promise<void> {
    await this.choose(title, "Status", status);
  }

  async setPriority(title: string, priority: string): Promise<void> {
    await this.choose(title, "Priority", priority);
  }

  private async choose(title: string, property: string, value: string): Promise<void> {
    await this.task(title).getByRole("button", { name: new RegExp(`^${property}: `) }).click();
    await this.page.getByRole("menuitemradio", { name: value, exact: true }).click();
    await this.expectProperty(title, property, value);
  }

  async expectProperty(title: string, property: string, value: string): Promise<void> {
    await expect(this.task(title).getByRole("button", { name: `${property}: ${value}`, exact: true })).toBeVisible();
  }

  async setDue(title: string, date: string): Promise<void> {
    const editor = await this.openFromActions(title, "Due date");
    await editor.getByLabel("Due date", { exact: true }).fill(date);
    await editor.getByRole("button", { name: "Save" }).click();
    await expect(editor).toBeHidden();
  }

  async removeDue(title: string): Promise<void> {
    const editor = await this.openFromActions(title, "Due date");
    await editor.getByRole("button", { name: "Remove due date" }).click();
    await expect(editor).toBeHidden();
  }

  async addTag(title: string, tag: string): Promise<void> {
    const editor = await this.openFromActions(title, "Tags");
    await editor.getByRole("textbox", { name: "Add tag" }).fill(tag);
    await this.page.keyboard.press("Enter");
    await expect(editor.getByRole("button", { name: `Remove tag: ${tag}` })).toBeVisible();
    await this.page.keyboard.press("Escape");
  }

  async removeTag(title: string, tag: string): Promise<void> {
    const editor = await this.openFromActions(title, "Tags");
    await editor.getByRole("button", { name: `Remove tag: ${tag}` }).click();
    await expect(editor.getByRole("button", { name: `Remove tag: ${tag}` })).toHaveCount(0);
    await this.page.keyboard.press("Escape");
  }

  async expectTags(title: string, tags: string[]): Promise<void> {
    await expect(this.task(title).locator(".tag")).toHaveText(tags);
  }

  async expectDue(title: string, due: string | RegExp): Promise<void> {
    await expect(this.task(title).locator(".due")).toHaveText(due);
  }

  async delete(title: string): Promise<void> {
    await this.chooseAction(title, "Delete");
    await expect(this.task(title)).toHaveCount(0);
  }

  private async chooseAction(title: string, action: string): Promise<void> {
    const row = this.task(title);
    await row.hover();
    await row.getByRole("button", { name: /^Actions for / }).click();
    await this.page.getByRole("menuitem", { name: action, exact: true }).click();
  }

  private async openFromActions(title: string, editor: string): Promise<Locator> {
    await this.chooseAction(title, editor);
    const dialog = this.page.getByRole("dialog", { name: editor });
    await expect(dialog).toBeVisible();
    return dialog;
  }

  /** Opens a task beside the list. */
  async open(title: string): Promise<Locator> {
    await this.task(title).getByRole("link").click();
    await expect(this.panel.text("Title")).toHaveValue(title);
    return this.panel.root;
  }

  /** The task that is open. */
  get panel(): TaskPanel {
    return new TaskPanel(this.page);
  }

  /** A toast, found by what it says. */
  toast(text: string): Locator {
    return this.page.getByRole("region", { name: "Notifications" }).locator(".toast", { hasText: text });
  }

  // --- Views ---

  /** The same tasks in another form. */
  async show(layout: "List" | "Board" | "Calendar"): Promise<void> {
    const tab = this.page.getByRole("navigation", { name: "View", exact: true }).getByRole("link", { name: layout });
    await tab.click();
    await expect(tab).toHaveAttribute("aria-current", "page");
  }

  /** A page of the main navigation. */
  async goTo(page: string): Promise<void> {
    await this.page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: page }).click();
    await expect(this.page.getByRole("heading", { level: 1, name: page })).toBeVisible();
  }

  /** A column of the board. */
  column(name: string): Locator {
    return this.page.getByRole("region", { name: "Board" }).getByRole("list", { name, exact: true });
  }

  /** A column has the cards with these titles, in this order. */
  async expectColumn(name: string, titles: string[]): Promise<void> {
    await expect(this.column(name).getByRole("link")).toHaveText(titles);
  }

  /** A card of the board. */
  card(title: string): Locator {
    return this.page.locator(".card").filter({ has: this.page.getByRole("link", { name: title, exact: true }) });
  }

  /** A day of the calendar. */
  day(date: string): Locator {
    return this.page.locator(`td[data-zone="${date}"]`);
  }

  /** Drags with the mouse, in steps as a hand does. */
  async drag(from: Locator, to: Locator): Promise<void> {
    await from.scrollIntoViewIfNeeded();
    const [start, end] = [await from.boundingBox(), await to.boundingBox()];
    if (!start || !end) throw new Error("What is dragged, or where to, is not on the screen");
    const { mouse } = this.page;
    await mouse.move(start.x + start.width / 2, start.y + start.height / 2);
    await mouse.down();
    await mouse.move(start.x + start.width / 2 + 8, start.y + start.height / 2 + 8, { steps: 3 });
    await mouse.move(end.x + end.width / 2, end.y + Math.min(end.height / 2, 60), { steps: 10 });
    await mouse.up();
  }

  /** Adds a value to a filter. */
  async filter(by: string, value: string): Promise<void> {
    await this.page.getByRole("group", { name: "Filters" }).getByRole("button", { name: "Filter", exact: true }).click();
    await this.page.getByRole("menuitem", { name: by, exact: true }).click();
    const item = this.page.getByRole("menuitemcheckbox", { name: value, exact: true });
    await item.click();
    await expect(item).toHaveAttribute("aria-checked", "true");
    await this.page.keyboard.press("Escape");
  }

  async createProject(name: string): Promise<void> {
    await this.page.getByRole("button", { name: "New project" }).click();
    const dialog = this.page.getByRole("dialog", { name: "New project" });
    await dialog.getByRole("textbox", { name: "Project name" }).fill(name);
    await dialog.getByRole("button", { name: "Create project" }).click();
    await expect(this.page.getByRole("heading", { level: 1, name })).toBeVisible();
  }

  // --- Sync ---

  get pill(): Locator {
    return this.page.getByRole("status", { name: "Sync status" });
  }

  async expectPill(text: string | RegExp): Promise<void> {
    await expect(this.pill).toHaveText(text);
  }

  /** Offline, something has been saved here that the team does not have. */
  async expectSaved(): Promise<void> {
    await this.expectPill(/^Offline, \d+ saved here$/);
  }

  /** Nothing of what is shown waits on this device. */
  async expectSent(): Promise<void> {
    await expect(this.page.locator(".unsynced[data-state=waiting]")).toHaveCount(0);
  }

  /** Nothing waits, nothing needs attention, and the app says that it is equal to the server. */
  async expectSynced(): Promise<void> {
    // The pill changes a little later than the marks on the rows, so as not to flicker.
    await expect(this.page.locator(".unsynced")).toHaveCount(0);
    await this.expectPill("Synced");
  }

  /** The list of what waits and of what needs attention. */
  async openOutbox(): Promise<Locator> {
    await this.pill.getByRole("button").click();
    await this.page.getByRole("button", { name: "Show changes" }).click();
    return this.page.getByRole("dialog", { name: "Waiting to sync" });
  }

  /** Asks for what the team has done meanwhile, as the button does. */
  async sync(): Promise<void> {
    await this.pill.getByRole("button").click();
    await this.page.getByRole("button", { name: "Sync now" }).click();
    await this.page.keyboard.press("Escape");
  }
}

async function firstPage(context: BrowserContext): Promise<Page> {
  return context.pages()[0] ?? (await context.newPage());
}

/** An address as this device would open it: its way to the server is its own. */
function pathOf(link: string): string {
  const { pathname, search } = new URL(link);
  return pathname + search;
}
