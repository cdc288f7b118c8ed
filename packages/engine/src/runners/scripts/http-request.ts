/**
 * Carries out one HTTP request inside the sandbox, with nothing but Python's standard library: reads the request as JSON from standard
 * input, writes the response as one line of JSON. Redirections are answers and are not followed: they may lead to another host.
 */
export const httpRequestScript = String.raw`
import base64, json, sys, urllib.error, urllib.request

class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None

def answer(value):
    json.dump(value, sys.stdout)
    sys.exit(0)

asked = json.load(sys.stdin)
body = None if asked["body"] is None else asked["body"].encode()
request = urllib.request.Request(asked["url"], data=body, headers=asked["headers"], method=asked["method"])
if not request.has_header("User-agent"):
    request.add_header("User-Agent", "caisson")
try:
    try:
        response = urllib.request.build_opener(NoRedirect).open(request, timeout=asked["timeoutSeconds"])
    except urllib.error.HTTPError as error:
        response = error
    data = response.read(asked["limitBytes"] + 1)
    headers = {}
    for name, value in response.headers.items():
        name = name.lower()
        headers[name] = headers[name] + ", " + value if name in headers else value
    answer({
        "status": response.status,
        "headers": headers,
        "base64": base64.b64encode(data[:asked["limitBytes"]]).decode(),
        "truncated": len(data) > asked["limitBytes"],
    })
except SystemExit:
    raise
except Exception as error:
    reason = getattr(error, "reason", error)
    answer({"error": (type(reason).__name__ + ": " + str(reason))[:500]})
`
