"""Mail that the site writes itself: letters, confirmed addresses, notices of changed accounts."""
