// One task, edited at once through every door: a browser, the terminal, REST, GraphQL, and a client of an earlier system.

import { Program, Terminal } from "../support/doors.ts";
import { expect, test } from "../support/test.ts";

const TITLE = "one two three four five";
/** Everybody's words, each written by somebody who has seen none of the others'. */
const MERGED = "ONE TWO THREE FOUR FIVE";

test("five doors lead to one task, and what comes through each is kept", async ({ newMember, server }) => {
  const { device: browser, who, onServer } = await newMember();
  await browser.createTask(TITLE);
  await browser.expectSynced();
  const { id } = await onServer.task(TITLE);
  const program = new Program(server.origin, await onServer.token("write"));
  const terminal = await Terminal.signIn(server.origin, who);
  try {
    // What everybody has seen.
    const { version } = await program.rest("GET", `/api/tasks/${id}`);
    const earlier = await program.earlier(null, []);
    expect(earlier.serverUpdates.items.map((item) => item.title)).toEqual([TITLE]);
    await terminal.run("sync");

    // Two of them are away while they edit, the others come one after the other and name what they have seen.
    await browser.goOffline();
    await browser.rename(TITLE, "ONE two three four five");
    await terminal.run("--offline", "edit", id, "--title", "one two three FOUR five", "--status", "in_progress");
    await program.rest("PATCH", `/api/tasks/${id}`, { version, title: "one TWO three four five", due: "2031-03-01" });
    const edit = `mutation($id: ID!, $version: Int) {
      updateTask(id: $id, version: $version, input: { title: "one two THREE four five", priority: HIGH }) { id }
    }`;
    await program.graphql(edit, { id, version });
    const theirs = { title: "one two three four FIVE", tags: ["ops"] };
    const change = { localId: id, entityType: "item", operation: "update", timestamp: "2026-03-01T09:00:00Z", data: theirs };
    const acknowledged = await program.earlier(earlier.syncTimestamp, [change]);
    expect(acknowledged.acknowledged).toMatchObject([{ serverId: id, success: true }]);
    await terminal.run("sync");
    await browser.goOnline();

    // All end equal.
    const all = { title: MERGED, status: "in_progress", priority: "high", due: "2031-03-01", tags: ["ops"] };
    await expect(browser.task(MERGED)).toBeVisible();
    await browser.expectSynced();
    await browser.expectProperty(MERGED, "Status", "In progress");
    await browser.expectProperty(MERGED, "Priority", "High");
    await browser.expectTags(MERGED, ["ops"]);
    expect(await program.rest("GET", `/api/tasks/${id}`)).toMatchObject(all);
    const query = "query($id: ID!) { task(id: $id) { title status priority due tags } }";
    const { task } = await program.graphql(query, { id });
    expect(task).toEqual({ ...all, status: "IN_PROGRESS", priority: "HIGH" });
    const { serverUpdates } = await program.earlier(null, []);
    expect(serverUpdates.items).toMatchObject([{ id, title: MERGED, dueDate: "2031-03-01", tags: ["ops"] }]);
    await terminal.run("sync");
    expect(JSON.parse(await terminal.run("--json", "show", id))).toMatchObject(all);
  } finally {
    terminal.remove();
  }
});
