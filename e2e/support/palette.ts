// The palette: what a person types into it and chooses.

import { expect, type Locator, type Page } from "@playwright/test";

export class Palette {
  readonly root: Locator;
  readonly line: Locator;

  constructor(private readonly page: Page) {
    this.root = page.getByRole("dialog", { name: "Commands" });
    this.line = this.root.getByRole("combobox", { name: "Search tasks and commands" });
  }

  async open(): Promise<void> {
    await this.page.keyboard.press("Control+k");
    await expect(this.line).toBeFocused();
  }

  /** Everything that is offered, in its order. */
  get offers(): Locator {
    return this.root.getByRole("listbox", { name: "Results" }).getByRole("option");
  }

  /** What is offered under a name. */
  group(name: string): Locator {
    return this.root.getByRole("group", { name, exact: true }).getByRole("option");
  }

  /** The offer that Enter takes. */
  get active(): Locator {
    return this.root.getByRole("option", { selected: true });
  }

  /** Types, and takes the first offer that has this name, by keyboard. */
  async choose(typed: string, name: string | RegExp = typed): Promise<void> {
    await this.line.fill(typed);
    const wanted = this.offers.filter({ hasText: name }).first();
    await expect(wanted).toBeVisible();
    for (let step = 0; (await wanted.getAttribute("aria-selected")) !== "true"; step++) {
      expect(step, `${name} cannot be reached`).toBeLessThan(60);
      await this.line.press("ArrowDown");
    }
    await expect(this.line).toHaveAttribute("aria-activedescendant", (await wanted.getAttribute("id"))!);
    await this.line.press("Enter");
  }

  /** Opens it, chooses, and it is gone. */
  async run(typed: string, name: string | RegExp = typed): Promise<void> {
    await this.open();
    await this.choose(typed, name);
    await expect(this.root).toHaveCount(0);
  }
}
