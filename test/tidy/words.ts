import { type Node, parseSync } from "oxc-parser";
import type { SourceFile } from "./source.ts";

/** Attributes and fields whose text people read. */
const shown = new Set([
  ...["aria-label", "placeholder", "title", "label", "alt", "text", "hint", "description"],
  ...["caption", "what", "head", "note", "message", "empty"],
]);
/** Attributes whose text is for the browser alone. */
const hidden = new Set(["class", "d", "href", "id", "key", "name", "type"]);

/** Formats of numbers and times have their units beside them; code to paste and the names of companies are no English. */
const exempt = ["ui/format.ts", "ui/setup/snippets.ts", "ui/setup/providers.ts"];

/** "Name", "No call yet", "the job's id". */
const isEnglish = (text: string) =>
  /^[A-Z][a-z]+(?:$|[\s,.…'’])|^[a-z]+['’]?[a-z]* [a-z]/.test(text);
/** A part of a sentence between two values: " failed", "Go to ". */
const isPartOfSentence = (text: string) =>
  /(?:^|\s)[A-Za-z]{2,}(?:$|[\s,.…])/.test(text) && /\s/.test(text) && !/[-:[\]/=<>]/.test(text);
const isSentence = (text: string) => /^[A-Z][a-z]+ [a-z]/.test(text);

/** Texts for people that stand outside `ui/strings`, where all of them have their one place. */
export function inlineWords(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, text }) => {
    if (!/^ui\/.*\.tsx?$/.test(path) || path.startsWith("ui/strings/") || exempt.includes(path))
      return [];
    const found: string[] = [];
    look(parseSync(path, text).program, false, found);
    return found.map((words) => `${path}: ${JSON.stringify(words)} belongs to ui/strings`);
  });
}

/** What vanishes when types are stripped, and what names other files. */
const silent = new Set([
  ...["ImportDeclaration", "ImportExpression", "TSTypeAliasDeclaration", "TSInterfaceDeclaration"],
  ...["TSTypeAnnotation"],
]);

/** `read` = somebody reads what stands here. */
function look(node: unknown, read: boolean, found: string[]): void {
  if (Array.isArray(node)) for (const one of node) look(one, read, found);
  else if (isNode(node)) lookInto(node, read, found);
}

function lookInto(node: Node, read: boolean, found: string[]): void {
  if (silent.has(node.type)) return;
  if (node.type === "JSXText") {
    if (/[A-Za-z]{2}/.test(node.value)) found.push(node.value.trim());
  } else if (node.type === "JSXAttribute") {
    const name = node.name.type === "JSXIdentifier" ? node.name.name : "";
    if (!hidden.has(name)) look(node.value, shown.has(name), found);
  } else if (node.type === "JSXExpressionContainer") {
    look(node.expression, true, found);
  } else if (node.type === "Property") {
    look(node.value, node.key.type === "Identifier" && shown.has(node.key.name), found);
  } else if (node.type === "BinaryExpression" || node.type === "CallExpression") {
    // What is compared, and what a function is given, is not what is shown.
    look(Object.values(node), false, found);
  } else if (node.type === "TemplateLiteral") {
    for (const { value } of node.quasis) {
      if (isPartOfSentence(value.cooked ?? "")) found.push(value.raw);
    }
    look(node.expressions, read, found);
  } else if (node.type === "Literal") {
    const { value } = node;
    if (typeof value === "string" && (read ? isEnglish : isSentence)(value)) found.push(value);
  } else {
    look(Object.values(node), read, found);
  }
}

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && "type" in value;
