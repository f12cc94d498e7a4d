import {
  QueryCache,
  MutationCache,
  QueryClient,
  QueryClientProvider,
} from "@tanstack/preact-query";
import { ErrorBoundary, LocationProvider, Route, Router, useLocation } from "preact-iso";
import { ApiError } from "./api.ts";
import { Centered } from "./base/centered.tsx";
import { Failure } from "./base/states.tsx";
import { screenGroups } from "./screens/screens.ts";
import { PageLink } from "./session/pageLink.tsx";
import { PageSignIn } from "./session/pageSignIn.tsx";
import { SessionEnded } from "./session/sessionEnded.tsx";
import { sessionKey, useSession } from "./session/session.ts";
import { PageNotFound } from "./shell/pageNotFound.tsx";
import { Shell } from "./shell/shell.tsx";
import { shell } from "./strings/shell.ts";

/** Whichever request hears first that the session is over, the whole page hears of it. */
const noteEndOfSession = (error: Error) => {
  if (error instanceof ApiError && error.code === "session_required")
    queryClient.setQueryData(sessionKey, null);
};

const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: noteEndOfSession }),
  mutationCache: new MutationCache({ onError: noteEndOfSession }),
  // Polling is the retry: a second one inside it would only delay the message. "always", because the server is
  // mostly on the same machine, which the browser's idea of being online says nothing about.
  defaultOptions: {
    queries: { retry: false, networkMode: "always" },
    mutations: { networkMode: "always" },
  },
});

const pages = screenGroups.flatMap(({ screens }) =>
  screens.flatMap((screen) => Object.entries(screen.pages)),
);

export function App() {
  return (
    <QueryClientProvider client={queryClient}>
      <SignedIn />
    </QueryClientProvider>
  );
}

/** The pages behind the session. The router starts only with it: until then the address may carry a set-up token. */
function SignedIn() {
  const session = useSession();
  switch (session.state) {
    case "opening":
      return <Centered busy>{shell.signingIn}</Centered>;
    case "closed":
      return <PageSignIn />;
    case "link":
      return <PageLink link={session.link} leave={session.leave} />;
    case "unreachable":
      return (
        <Centered>
          <h1 class="sr-only">{shell.notConnected}</h1>
          <Failure title={shell.noAnswer} error={session.error} onRetry={session.retry} retrying />
        </Centered>
      );
    case "open":
    case "ended":
      return (
        <LocationProvider>
          <Shell>
            <ErrorBoundary>
              <Pages />
            </ErrorBoundary>
          </Shell>
          <SessionEnded open={session.state === "ended"} />
        </LocationProvider>
      );
  }
}

/** The page of the address. One that is no text, such as "/teams/%E0", would throw in the router, which decodes it. */
function Pages() {
  const { path } = useLocation();
  if (!isReadable(path)) return <PageNotFound />;
  return (
    <Router>
      {pages.map(([address, component]) => (
        <Route key={address} path={address} component={component} />
      ))}
      <Route default component={PageNotFound} />
    </Router>
  );
}

function isReadable(path: string): boolean {
  try {
    // Its value is asked for, because a call whose value nobody asks for is left out of the build.
    return decodeURIComponent(path) !== "";
  } catch {
    return false;
  }
}
