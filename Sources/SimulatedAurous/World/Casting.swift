/// What people write into the forms: the free texts of a simulated world, friendly and otherwise.
enum Casting {
    static let prompts = [
        "A golden sunset over mountains, cinematic lighting",
        "portrait of an old fisherman, weathered hands, 85mm, soft window light",
        "isometric cutaway of a tiny bakery, morning rush, warm palette",
        "product shot of a ceramic teapot on linen, studio light, 4k",
        "a red fox asleep in fresh snow, macro detail, shallow depth of field",
        "Regenbogen über der Altstadt, Aquarell, feine Pinselstriche",
        "夜の東京、ネオンの反射、雨上がりの路地",
        "ein Café in Zürich, früher Morgen, körniger Film",
        "city street at night, rain, neon reflections, people with umbrellas 🌧️🌃",
        "low poly spaceship, orange and teal, turntable",
        "a cat astronaut 👩‍🚀🐈 floating past Saturn, children's book illustration",
        "logo, \"North & Pine\", flat, two colours, no gradients",
    ]

    /// Prompts that try to leave the message they are quoted in.
    static let hostilePrompts = [
        "<!channel> urgent: your key expires, see <https://evil.example|the billing page>",
        "@everyone @here free credits [click](https://evil.example) **now**",
        "a vase\r\nBcc: everyone@example.com\r\nSubject: you won\r\n\r\nhello",
        "<script>alert('hi')</script><img src=x onerror=alert(1)> & \"quotes\" 'and' `ticks`",
        "photo of \u{202E}gnp.exe\u{202C} on a desk \u{200B}\u{2066}rtl\u{2069}",
        "${self.id} {{ .Env.SECRET }} $(reboot) %s%n ' OR 1=1; --",
        "💥👨‍👩‍👧‍👦🏳️‍🌈🇩🇪 z̷̢͎a̵l̶g̸o̴ \u{FEFF}tab\there",
    ]

    static let negativePrompts = ["blurry, low quality", "text, watermark, extra fingers", "oversaturated"]

    /// A refusal by policy comes early, the others after work was done.
    static let refusals = ["Content policy violation", "Content policy violation: prompt refused by the safety filter"]
    static let failures = [
        "Provider error: upstream returned 502", "Generation timed out after 120 s", "provider_unavailable",
        "Out of capacity, please retry", "Reference image could not be fetched (403)",
        "Unexpected error while decoding the latent",
    ]
    static let characterFailures = [
        "Synthesis timed out", "Provider error: 503 from the reference model",
        "Content policy violation", "No face was found in the description",
    ]

    static let loras = [
        ("lora_01HXMQ7Z3K8Y2NABCDEFGHJKM1", "Sunset Style"), ("lora_01HXMQ7Z3K8Y2NABCDEFGHJKM2", "Film Grain 70s"),
        ("lora_01HXMQ7Z3K8Y2NABCDEFGHJKM3", "Ink & Wash"),
    ]
    static let bundles = ["Cinematic Trio", "Catalogue Set"]
    static let referenceImages = [
        "https://example.com/ref1.jpg", "https://cdn.example.com/moodboard/07.png?w=1024",
        "https://example.com/café.webp",
    ]

    static let names = [
        "Aurora the Adventurer", "Captain Juniper", "Mira Okafor", "Old Tobias", "Söngül & Co.", "Ren 蓮",
        "Detective Vale", "Pip", "Countess Amaranth", "Unit 7", "Noa ✨", "Bram van den Berg",
    ]
    static let genders = ["female", "male", "non-binary"]
    static let ethnicities = ["east-asian", "west-african", "northern-european", "south-asian", "latin-american"]
    static let hairColors = ["black", "auburn", "silver", "blond", "teal"]
    static let hairStyles = ["shoulder-length straight", "short curls", "long braid", "shaved"]
    static let eyeColors = ["brown", "green", "grey", "amber"]
    static let bodyTypes = ["athletic", "slim", "stocky", "average"]
    static let details = ["small scar above right eyebrow; warm smile", "always wears a brass compass", "freckles"]
}
