/// What `auspex init` writes: the same files as in the repository's `rules` and `deploy`, which a test compares.
enum StarterFiles {
    static let all: [(name: String, text: String)] = [
        ("auspex.yaml", configuration), ("rules/generations.yaml", generations),
        ("rules/characters.yaml", characters), ("rules/jobs.yaml", jobs),
    ]

    private static let configuration = #"""
        # The configuration of Auspex. Every key is described in deploy/README.md; rules in rules/README.md.
        # `auspex check` tells whether it is in order.

        sources:
          - name: studio
            api: https://api.aurous-labs.com
            key: { env: AUROUS_API_KEY }        # or { file: /run/secrets/aurous }; a key with the scope `read` is enough
            version: "2026-05-15"
            watch: [generation, character]      # and balance
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
}
