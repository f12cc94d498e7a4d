import { useMemo } from "preact/hooks";
import { encode } from "uqr";

/** A QR code, always dark on light: not every scanner reads it the other way round. */
export function QrCode({ text, name }: { text: string; name: string }) {
  const { size, data } = useMemo(() => encode(text, { ecc: "M", border: 2 }), [text]);
  const path = data
    .flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : [])))
    .join("");
  return (
    <svg
      role="img"
      aria-label={name}
      viewBox={`0 0 ${size} ${size}`}
      shape-rendering="crispEdges"
      class="mx-auto w-48 rounded-control bg-qr-light text-qr-dark"
    >
      <path d={path} fill="currentColor" />
    </svg>
  );
}
