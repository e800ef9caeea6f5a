"use strict";
const at = (id) => document.getElementById(id);
const make = (tag, text, ...inside) => {
  const element = document.createElement(tag);
  if (text) element.textContent = text;
  element.append(...inside);
  return element;
};

at("query").value = `query Mine($first: Int) {
  me { name }
  tasks(first: $first, assignee: "me", sort: [{ by: DUE }]) {
    nodes {
      key
      title
      status
      due
      project { name }
      comments(first: 3) { nodes { body author { name } } }
    }
    pageInfo { hasNextPage endCursor }
  }
}`;
at("variables").value = JSON.stringify({ first: 10 }, null, 2);

const say = (state, answer) => {
  at("state").textContent = state;
  if (answer !== undefined) at("answer").textContent = answer;
};

const run = async () => {
  let variables = {};
  try {
    if (at("variables").value.trim()) variables = JSON.parse(at("variables").value);
  } catch (error) {
    return say("The variables are not JSON: " + error.message);
  }
  const headers = { "Content-Type": "application/json" };
  const token = at("token").value.trim();
  if (token) headers.Authorization = "Bearer " + token;
  say("Running…");
  const start = performance.now();
  try {
    const body = JSON.stringify({ query: at("query").value, variables });
    const answer = await fetch("/api/graphql", { method: "POST", headers, body, credentials: "omit" });
    const text = await answer.text();
    let shown = text;
    try {
      shown = JSON.stringify(JSON.parse(text), null, 2);
    } catch {
      // As it came.
    }
    say(`${answer.status}, ${Math.round(performance.now() - start)} ms`, shown);
  } catch (error) {
    say("The server does not answer: " + error.message);
  }
};

at("asking").addEventListener("submit", (event) => {
  event.preventDefault();
  run();
});
at("asking").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    run();
  }
});

const schema = JSON.parse(at("types").textContent).__schema;
const named = (type) => {
  if (type.kind === "NON_NULL") return [...named(type.ofType), "!"];
  if (type.kind === "LIST") return ["[", ...named(type.ofType), "]"];
  const link = make("a", type.name);
  link.href = "#type-" + type.name;
  return [link];
};

const inputs = (all) => all.flatMap((one, index) => [index ? ", " : "", one.name + ": ", ...named(one.type)]);

const entry = (field) => {
  const code = make("code", field.name);
  if (field.args && field.args.length) code.append("(", ...inputs(field.args), ")");
  if (field.type) code.append(": ", ...named(field.type));
  const about = [field.description, ...(field.args || []).map((one) => one.description && `${one.name}: ${one.description}`)];
  return [make("dt", "", code), ...about.filter(Boolean).map((text) => make("dd", text))];
};

const roots = [schema.queryType, schema.mutationType, schema.subscriptionType].map((one) => one.name);
const place = (type) => (roots.includes(type.name) ? roots.indexOf(type.name) : roots.length);
const shown = schema.types
  .filter((type) => !type.name.startsWith("__"))
  .sort((a, b) => place(a) - place(b) || (a.name < b.name ? -1 : 1))
  .map((type) => {
    const fields = type.fields || type.inputFields || type.enumValues || [];
    const kind = type.kind.toLowerCase().replace("_", " ");
    const details = make("details", "", make("summary", "", make("code", type.name), " " + kind));
    details.id = "type-" + type.name;
    if (type.description) details.append(make("p", type.description));
    if (fields.length) details.append(make("dl", "", ...fields.flatMap(entry)));
    at("list").append(details);
    return { details, words: [type.name, ...fields.map((field) => field.name)].map((word) => word.toLowerCase()) };
  });

at("search").addEventListener("input", () => {
  const wanted = at("search").value.trim().toLowerCase();
  for (const { details, words } of shown) details.hidden = !words.some((word) => word.includes(wanted));
  at("none").hidden = shown.some(({ details }) => !details.hidden);
});

const open = () => {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (target && target.tagName === "DETAILS") {
    target.hidden = false;
    target.open = true;
    target.scrollIntoView();
  }
};
addEventListener("hashchange", open);
open();
