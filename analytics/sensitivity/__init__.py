"""Whether another index, another norm or another criterion would judge a change otherwise."""
