import { QueryCache, QueryClient, QueryClientProvider } from "@tanstack/preact-query";
import { LocationProvider, Route, Router } from "preact-iso";
import { ApiError } from "./api.ts";
import { Centered } from "./base/centered.tsx";
import { Failure } from "./base/states.tsx";
import { PageJob } from "./jobs/pageJob.tsx";
import { PageJobs } from "./jobs/pageJobs.tsx";
import { PageOverview } from "./overview/pageOverview.tsx";
import { PageSignIn } from "./session/pageSignIn.tsx";
import { sessionKey, useSession } from "./session/session.ts";
import { PageNotFound } from "./shell/pageNotFound.tsx";
import { Shell } from "./shell/shell.tsx";

const queryClient = new QueryClient({
  queryCache: new QueryCache({
    onError: (error) => {
      // Whichever request hears of it first, the whole page returns to the sign-in.
      if (error instanceof ApiError && error.code === "session_required")
        queryClient.setQueryData(sessionKey, null);
    },
  }),
  // Polling is the retry: a second one inside it would only delay the message. "always", because the server is
  // mostly on the same machine, which the browser's idea of being online says nothing about.
  defaultOptions: {
    queries: { retry: false, networkMode: "always" },
    mutations: { networkMode: "always" },
  },
});

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
      return <Centered busy>Signing in</Centered>;
    case "closed":
      return <PageSignIn reason={session.reason} />;
    case "unreachable":
      return (
        <Centered>
          <h1 class="sr-only">Not connected</h1>
          <Failure
            title="The server does not answer"
            error={session.error}
            onRetry={session.retry}
            retrying
          />
        </Centered>
      );
    case "open":
      return (
        <LocationProvider>
          <Shell>
            <Router>
              <Route path="/" component={PageOverview} />
              <Route path="/jobs" component={PageJobs} />
              <Route path="/jobs/:jobId" component={PageJob} />
              <Route default component={PageNotFound} />
            </Router>
          </Shell>
        </LocationProvider>
      );
  }
}
