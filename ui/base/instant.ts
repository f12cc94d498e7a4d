/** What `<input type="datetime-local">` holds, read as UTC: "2026-12-01T08:00" → ISO 8601; undefined = no time. */
export function toInstant(text: string): string | undefined {
  const ms = Date.parse(`${text}Z`);
  return text === "" || Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
}

/** The other way round, to the minute. */
export function fromInstant(instant: string | null): string {
  return instant === null ? "" : new Date(Date.parse(instant)).toISOString().slice(0, 16);
}
