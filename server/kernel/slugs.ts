import { DomainError } from "./errors.ts";

const LONGEST = 63;

/** The pattern of a slug: 1 to 63 lower-case letters, digits and inner hyphens. */
export const slugPattern = "^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$";

const pattern = new RegExp(slugPattern);

/** Whether a text can be the id of an organization, a team or a group at all. */
export const isSlug = (text: string): boolean => pattern.test(text);

/** A slug made from a name: "Aperture Freight, Inc." → "aperture-freight-inc"; empty when the name has no letter or digit. */
function slugFromName(name: string): string {
  return name
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+/, "")
    .slice(0, LONGEST)
    .replace(/-+$/, "");
}

/** The n-th choice of a slug: "acme", "acme-2", "acme-3" …, shortened so that the number fits. */
function numberedSlug(slug: string, number: number): string {
  if (number === 1) return slug;
  const suffix = `-${number}`;
  return slug.slice(0, LONGEST - suffix.length).replace(/-+$/, "") + suffix;
}

/**
 * Claims the slug of a new thing. A given id is tried as it is, and taken means `slug_taken`; one made from the name moves
 * on to the next number. `claim` inserts the row and says whether the slug was free.
 */
export async function claimSlug(
  wanted: { id?: string | undefined; name: string; noun: string },
  claim: (slug: string) => Promise<boolean>,
): Promise<string> {
  if (wanted.id !== undefined) {
    if (await claim(wanted.id)) return wanted.id;
    throw new DomainError(
      "slug_taken",
      `id is ${JSON.stringify(wanted.id)}, and ${wanted.noun} with this id exists already; choose another.`,
      { hints: { field: "id", value: wanted.id } },
    );
  }
  const slug = slugFromName(wanted.name);
  if (!slug) {
    throw new DomainError(
      "invalid_request",
      `name is ${JSON.stringify(wanted.name)}, which has no letter a–z or digit to make an id from; give an id as well.`,
      { hints: { field: "id" } },
    );
  }
  for (let number = 1; ; number += 1) {
    const choice = numberedSlug(slug, number);
    if (await claim(choice)) return choice;
  }
}
