/// What `auspex init` writes: the same files as in the repository's `rules` and `deploy`, which a test compares.
enum StarterFiles {
    static let all: [(name: String, text: String)] = [
        ("auspex.yaml", configuration), ("rules/generations.yaml", generations),
        ("rules/characters.yaml", characters), ("rules/jobs.yaml", jobs), ("rules/balance.yaml", balance),
        ("rules/auspex-itself.yaml", auspexItself), ("rules/windows.yaml", windows),
    ]

    private static let configuration = #"""
        # The configuration of Auspex. Every key is described in deploy/README.md; rules in rules/README.md.
        # `auspex check` tells whether it is in order.

        sources:
          - name: studio
            api: https://api.aurous-labs.com
            key: { env: AUROUS_API_KEY }        # or { file: /run/secrets/aurous }; a key with the scope `read` is enough
            version: "2026-05-15"
            watch: [generation, character, balance]
            poll: { active: 2s, idle: 15s, sweep: 15m }
            budget: 0.5                         # the share of the team's rate limit that Auspex may use

        store: sqlite:auspex.db

        rules: [rules/]                         # files or folders

        sinks:
          # To begin with: alerts go to the log, and jobs to a file with a line of JSON each.
          team: { kind: log }
          jobs: { kind: file, path: jobs.jsonl }

          # A chat channel:
          # team: { kind: slack, url: { env: SLACK_WEBHOOK_URL } }

          # A signed HTTP callback (Standard Webhooks):
          # jobs: { kind: webhook, url: https://jobs.example.com/hooks/aurous, secret: { file: /run/secrets/jobs } }

          # Mail:
          # ops:
          #   kind: email
          #   server: smtps://mail.example.com
          #   username: auspex
          #   password: { env: SMTP_PASSWORD }
          #   from: auspex@example.com
          #   to: [ops@example.com]

        notify: [team]                          # where a rule says nothing

        retention: { detail: 7d, history: 90d }

        """#

    private static let generations = #"""
        # Rules for generations: images and videos. `rules/README.md` tells what a rule can say.
        rules:
          # The content policy refused it. `(?i)` ignores case; the message is null while nothing has failed, and a condition
          # that meets a null where it needs text is unknown, so the status is asked for first.
          - name: refused-by-policy
            watch: generation
            when: >-
              self.status == "moderation_rejected" || self.status == "failed"
              && self.error_message.matches("(?i)content.?policy|moderat|safety")
            severity: warning
            labels: { team: trust-and-safety }
            title: "Refused: ${self.prompt.truncate(60)}"
            text: "${self.id} was refused: ${self.error_message}"

          # Any other failure: the provider, a time limit, a broken input.
          - name: generation-failed
            watch: generation
            when: >-
              self.status == "failed"
              && !(self.error_message != null && self.error_message.matches("(?i)content.?policy|moderat|safety"))
            severity: warning
            title: "Failed: ${self.prompt.truncate(60)}"
            text: "${self.id} (${self.inference_type}) failed: ${self.error_message == null ? 'no reason given' : self.error_message}"

          # It was never picked up. `for` counts from when the API made it, so a late start of Auspex does not delay this.
          - name: stuck-pending
            watch: generation
            when: self.status in ["pending", "queued"]
            for: 10m
            severity: critical
            title: "${self.id} has been waiting since ${self.created_at}"
            text: "It should have started within a minute; the queue may be stuck."

          # It started and does not end. Videos take minutes, so they are given longer.
          - name: stuck-processing-image
            watch: generation
            when: self.status == "processing" && self.media_type != "video"
            for: 10m
            severity: critical
            title: "Image ${self.id} has been processing since ${since}"

          - name: stuck-processing-video
            watch: generation
            when: self.status == "processing" && self.media_type == "video"
            for: 45m
            severity: critical
            title: "Video ${self.id} has been processing since ${since}"

          # It worked, but took long: worth a look at the provider before users complain.
          - name: slow-image
            watch: generation
            when: self.status == "succeeded" && self.media_type != "video" && self.duration_ms > 60000
            severity: info
            title: "Slow: ${self.id} took ${self.duration_ms} ms"
            text: "${self.inference_type}, ${self.width}×${self.height}"

          # A single generation that costs more than a team expects to pay for one.
          - name: expensive-generation
            watch: generation
            when: self.status == "succeeded" && self.cost.amount > 20.0
            severity: info
            title: "Expensive: ${self.id} cost ${self.cost.amount} ${self.cost.currency}"
            text: "Breakdown: ${self.cost.breakdown}"

        """#

    private static let characters = #"""
        # Rules for characters. They change at any age: from ready back to synthesizing, from failed to a new try.
        rules:
          # Somebody has to save it. `${since}` is when the review began, by the API's own times.
          - name: stuck-in-review
            watch: character
            when: self.status == "reviewing"
            for: 30m
            severity: critical
            title: "${self.name} has waited for review since ${since}"
            text: "Character ${self.id} needs a person to look at it."

          # Synthesis takes 30 to 90 seconds.
          - name: synthesizing-too-long
            watch: character
            when: self.status == "synthesizing"
            for: 5m
            severity: warning
            title: "${self.name} has been synthesizing since ${since}"

          - name: character-failed
            watch: character
            when: self.status == "failed"
            severity: warning
            send_resolved: true
            title: "Character ${self.name} failed"
            text: "${self.id}: ${self.error_message}"

          # A character that others may still refer to is gone. A deletion is final, so there is nothing to resolve.
          - name: character-deleted
            watch: character
            when: self.gone
            severity: info
            title: "Character ${self.name} was deleted"
            text: "${self.id} is in no listing any more and unknown by id."

        """#

    private static let jobs = #"""
        # A job on every success. The callback is signed and carries the whole generation; it goes to the sink `jobs`, a webhook.
        # The receiver deduplicates on the header `webhook-id`, which is the same at every attempt.
        rules:
          - name: start-image-job
            watch: generation
            when: self.status == "succeeded" && self.media_type != "video"
            severity: info
            title: "Image ${self.id} is ready"
            notify: [jobs]

          - name: start-video-job
            watch: generation
            when: self.status == "succeeded" && self.media_type == "video"
            severity: info
            title: "Video ${self.id} is ready"
            notify: [jobs]

        """#

    private static let balance = #"""
        # Rules for the team's credits, for who pays and for who builds. A source has a balance where its `watch:` names `balance`.
        rules:
          # What is held by generations in flight is not available. A team that is exempt is never blocked.
          - name: credits-low
            watch: balance
            when: self.available_credits < 100.0 && self.billing_mode != "exempt"
            for: 1m
            severity: warning
            title: "${source} has ${self.available_credits} ${self.currency}s left"
            text: "${self.held_credits} of ${self.credits} are held by what is in flight."

          # New generations are refused from here on.
          - name: credits-gone
            watch: balance
            when: self.available_credits <= 0.0 && self.billing_mode != "exempt"
            for: 1m
            severity: critical
            title: "${source} has no credits left"
            text: "${self.held_credits} of ${self.credits} are held by what is in flight."

        """#

    private static let auspexItself = #"""
        # Auspex' own troubles, for whoever operates it: a source that cannot be polled, a sink that does not deliver. They are alerts
        # like any other. Nobody hears through a sink that is broken: give these rules a sink of another kind (`notify: [ops]`).
        rules:
          # The API is down, or the way to it. `for` counts from the first poll that failed, also across a restart of Auspex.
          - name: source-unreachable
            watch: source
            when: "!self.reachable && !self.key_refused"
            for: 5m
            severity: critical
            title: "${self.name} has not been polled since ${self.last_success_at}"
            text: "${self.consecutive_failures} polls have failed since ${since}: ${self.last_error}"

          # Somebody revoked the key, or replaced it: nothing is seen until the source's `key` is a valid one.
          - name: key-refused
            watch: source
            when: self.key_refused
            for: 1m
            severity: critical
            title: "The API refuses the key of ${self.name}"
            text: "${self.last_error}"

          # Auspex' share of the team's rate limit is used up, so polls wait and changes are seen late.
          - name: budget-exhausted
            watch: source
            when: self.budget_level < 0.05
            for: 5m
            severity: warning
            title: "Polls of ${self.name} wait for the rate limit"
            text: "${self.requests_last_hour} requests in the last hour; ${self.rate_remaining} of ${self.rate_limit} are left to the whole team."

          # Something was given up. `auspex deliveries --dead` shows what and why, `auspex replay --dead` sends it again.
          - name: dead-letters
            watch: sink
            when: self.dead > 0
            severity: warning
            send_resolved: true
            repeat_interval: 24h
            title: "${self.dead} deliveries to ${self.name} were given up"
            text: "The last attempt said: ${self.last_error}"

          # What should have arrived has waited for long. Where nothing is pending there is no oldest, so that is asked first.
          - name: deliveries-late
            watch: sink
            when: self.pending > 0 && now - self.oldest_pending_at > duration("15m")
            severity: critical
            send_resolved: true
            title: "${self.pending} deliveries to ${self.name} wait, the oldest since ${self.oldest_pending_at}"
            text: "The last attempt said: ${self.last_error}"

          # The sink keeps failing, so its deliveries wait. A circuit that is half open lets one try: it is not closed yet.
          - name: circuit-open
            watch: sink
            when: self.circuit != "closed"
            for: 1m
            severity: warning
            title: "${self.name} fails, and its deliveries wait"
            text: "${self.consecutive_failures} attempts have failed in a row: ${self.last_error}"

        """#
}
