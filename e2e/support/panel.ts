// An open task: what a person does with it, by the names that the design gives to things.

import { createHash, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { expect, type Locator, type Page } from "@playwright/test";

export interface AttachedFile {
  name: string;
  type: string;
  content: Buffer;
}

/** A file of so many random bytes. */
export function randomFile(name: string, bytes: number, type = "application/octet-stream"): AttachedFile {
  return { name, type, content: randomBytes(bytes) };
}

export function sha256(content: Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}

export class TaskPanel {
  readonly root: Locator;

  constructor(private readonly page: Page) {
    this.root = page.getByRole("complementary", { name: /^Task / });
  }

  // --- Texts ---

  text(name: string): Locator {
    return this.root.getByRole("textbox", { name, exact: true });
  }

  async write(name: string, text: string): Promise<void> {
    await this.text(name).fill(text);
    await this.text(name).blur();
  }

  async expectText(name: string, text: string): Promise<void> {
    await expect(this.text(name)).toHaveValue(text);
  }

  // --- Attachments ---

  /** The row of a file. */
  file(name: string): Locator {
    const download = this.page.getByRole("button", { name: `Download ${name}`, exact: true });
    return this.root.getByRole("list", { name: "Attachments" }).getByRole("listitem").filter({ has: download });
  }

  /** Attaches files with the button; ready when they are shown, and so saved on the device. */
  async attach(...files: AttachedFile[]): Promise<void> {
    const chosen = this.page.waitForEvent("filechooser");
    await this.root.getByRole("button", { name: "Attach files" }).click();
    const content = files.map(({ name, type, content }) => ({ name, mimeType: type, buffer: content }));
    await (await chosen).setFiles(content);
    for (const { name } of files) await expect(this.file(name)).toBeVisible();
  }

  /** The names of the files that are attached, in whatever order. */
  async expectFiles(names: string[]): Promise<void> {
    const shown = this.root.getByRole("list", { name: "Attachments" }).getByRole("button", { name: /^Download / });
    await expect.poll(async () => (await shown.allTextContents()).sort()).toEqual([...names].sort());
  }

  /** The server has a file. */
  async expectStored(name: string): Promise<void> {
    await expect(this.file(name)).not.toContainText(/on this device|uploading|not uploaded/);
  }

  /** Downloads a file; its SHA-256. */
  async hashOf(name: string): Promise<string> {
    const download = this.page.waitForEvent("download");
    await this.file(name).getByRole("button", { name: `Download ${name}`, exact: true }).click();
    const file = await download;
    expect(file.suggestedFilename()).toBe(name);
    return sha256(await readFile(await file.path()));
  }

  // --- Properties ---

  property(name: string): Locator {
    return this.root.getByRole("button", { name: new RegExp(`^${name}: `) });
  }

  async expectProperty(name: string, value: string): Promise<void> {
    await expect(this.property(name)).toHaveAccessibleName(`${name}: ${value}`);
  }

  /** One of several values that a menu offers. */
  async choose(name: string, value: string): Promise<void> {
    await this.property(name).click();
    await this.page.getByRole("menuitemradio", { name: value, exact: true }).click();
    await this.expectProperty(name, value);
  }

  /** Puts people on the task, or takes them off; then these are on it. */
  async assign(people: string[], then: string): Promise<void> {
    await this.property("Assignees").click();
    for (const person of people) {
      const item = this.page.getByRole("menuitemcheckbox", { name: person, exact: true });
      const before = await item.getAttribute("aria-checked");
      await item.click();
      await expect(item).toHaveAttribute("aria-checked", before === "true" ? "false" : "true");
    }
    await this.page.keyboard.press("Escape");
    await this.expectProperty("Assignees", then);
  }

  /** Makes the task a part of another one. */
  async putUnder(title: string): Promise<void> {
    await this.property("Part of").click();
    const editor = this.page.getByRole("dialog", { name: "Part of" });
    await editor.getByRole("searchbox", { name: "Find a task" }).fill(title);
    await editor.getByRole("button", { name: title }).click();
    await this.expectProperty("Part of", title);
  }

  /** A field with a line to type in. */
  field(name: string): Locator {
    return this.root.getByLabel(name, { exact: true });
  }

  async fill(name: string, value: string): Promise<void> {
    await this.field(name).fill(value);
    await this.field(name).press("Enter");
    await this.field(name).blur();
  }

  // --- Values to choose between ---

  get conflict(): Locator {
    return this.root.getByRole("region", { name: "Conflict" });
  }

  /** What each of several people chose, in the order in which it reached the server. */
  async expectConflict(versions: RegExp[]): Promise<void> {
    await expect(this.conflict.getByRole("listitem")).toHaveText(versions);
  }

  async settle(choice: string): Promise<void> {
    await this.conflict.getByRole("button", { name: choice, exact: true }).click();
    await expect(this.conflict).toHaveCount(0);
  }

  // --- Subtasks ---

  get subtasks(): Locator {
    return this.root.getByRole("list", { name: "Subtasks" }).getByRole("link");
  }

  async addSubtask(title: string): Promise<void> {
    const field = this.text("Subtask title");
    if (!(await field.isVisible())) await this.root.getByRole("button", { name: "Add subtask" }).click();
    await field.fill(title);
    await field.press("Enter");
    await expect(this.subtasks.filter({ hasText: title })).toBeVisible();
  }

  async moveUp(title: string): Promise<void> {
    const row = this.root.getByRole("list", { name: "Subtasks" }).getByRole("listitem").filter({ hasText: title });
    await row.hover();
    await row.getByRole("button", { name: `Move up: ${title}` }).click();
  }

  // --- Comments ---

  /** The comment that says this. */
  comment(body: string): Locator {
    return this.root.getByRole("list", { name: "Comments" }).getByRole("listitem").filter({ hasText: body });
  }

  async say(body: string): Promise<void> {
    await this.write("Comment", body);
    await this.root.getByRole("button", { name: "Send" }).click();
    await expect(this.comment(body)).toBeVisible();
  }

  async rewrite(from: string, to: string): Promise<void> {
    await this.comment(from).getByRole("button", { name: "Edit" }).click();
    await this.text("Edit comment").fill(to);
    await this.root.getByRole("button", { name: "Save" }).click();
    await expect(this.comment(to)).toBeVisible();
  }

  /** These are the comments, from the first to the last. */
  async expectComments(bodies: string[]): Promise<void> {
    await expect(this.root.locator(".comment .body")).toHaveText(bodies);
  }
}
