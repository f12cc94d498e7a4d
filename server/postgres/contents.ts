/** What we do not use of the published package: static libraries, headers, other procedural languages, the installer's GUI parts. */
const unused =
  /\.(a|lib|pc|h)$|\/(pgxs|pkgconfig|include|doc|man|locale)\/|(plperl|plpython|pltcl|testplug)[^/]*$|^bin\/wx[^/]*\.dll$|ecpg|libpgtypes/;

/** Of the extensions only the language of our functions, and what an operator asks for to look into a slow or a damaged database. */
const extension =
  /^share\/(postgresql\/)?extension\/(?!(plpgsql|pg_stat_statements|amcheck|pageinspect|pgcrypto|pg_trgm)[-.])/;

/** Whether a file of the package's folder `native`, named relative to it with slashes, belongs to the programs that we run. */
export function keepsFile(path: string): boolean {
  return /^(bin|lib|share)\//.test(path) && !unused.test(path) && !extension.test(path);
}

/** A symbolic link as npm packages cannot hold it: both ends relative to `native`. */
export interface Link {
  path: string;
  target: string;
}

/** Reads the package's list of links (`pg-symlinks.json`, paths from the package's root) and leaves out those to files we drop. */
export function readLinks(json: string): Link[] {
  const links = JSON.parse(json) as { source: string; target: string }[];
  const relative = (path: string) => path.replace(/^native\//, "");
  return links
    .map(({ source, target }) => ({ path: relative(target), target: relative(source) }))
    .filter(({ path, target }) => keepsFile(path) && keepsFile(target));
}
