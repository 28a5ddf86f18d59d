"""The Scrapy side: `scrapy runspider spider.py -a urls=FILE -a extractor=resiliparse -O out.jsonl`."""

import scrapy


def extractor(name):
    if name == "resiliparse":
        from resiliparse.extract.html2text import extract_plain_text

        return lambda html: extract_plain_text(html, main_content=True)
    if name == "trafilatura":
        import trafilatura

        return trafilatura.extract
    raise ValueError(name)


class Pages(scrapy.Spider):
    name = "pages"
    custom_settings = {
        "ROBOTSTXT_OBEY": True,
        "CONCURRENT_REQUESTS": 32,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
        "DOWNLOAD_DELAY": 0,
        "LOG_LEVEL": "WARNING",
        "TELNETCONSOLE_ENABLED": False,
        "RETRY_ENABLED": False,
    }

    def __init__(self, urls, extractor="resiliparse", **rest):
        super().__init__(**rest)
        self.list = urls
        self.extract = globals()["extractor"](extractor)

    async def start(self):
        with open(self.list) as lines:
            for line in lines:
                yield scrapy.Request(line.strip(), self.parse)

    def parse(self, response):
        yield {
            "url": response.url,
            "title": response.css("title::text").get(),
            "text": self.extract(response.text),
        }
