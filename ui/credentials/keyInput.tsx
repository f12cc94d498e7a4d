import { TextInput } from "../base/field.tsx";

/** A provider's key, which is not shown and not offered again by the browser; spaces around it are left out. */
export function KeyInput(
  props: Omit<Parameters<typeof TextInput>[0], "mono" | "type" | "autoComplete">,
) {
  return (
    <TextInput
      {...props}
      mono
      type="password"
      autoComplete="off"
      onInput={(text) => props.onInput(text.trim())}
    />
  );
}
